/** What the API server counts, in the text format of Prometheus. */
import { request, type RequestOptions } from "node:https";
import { readKubeConfig } from "./kubeconfig";

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Lines that are no samples are passed over. */
export function samplesIn(text: string): Sample[] {
  return text.split("\n").flatMap(line => {
    const { name, labels = "", value } = LINE.exec(line)?.groups ?? {};
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key, text_]) => [key!, text_!] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

export async function apiServerMetrics(kubeconfigFile: string): Promise<Sample[]> {
  const kubeConfig = readKubeConfig(kubeconfigFile);
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const url = `${kubeConfig.getCurrentCluster()!.server}/metrics`;
  return new Promise((resolve, reject) => {
    request(url, options, response => {
      const chunks: Buffer[] = [];
      response
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => resolve(samplesIn(Buffer.concat(chunks).toString())))
        .on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}
