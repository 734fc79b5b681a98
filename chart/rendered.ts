/** What Helm makes of the built chart without a cluster, for tests: `npm run build` makes the chart. */
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import packageJson from "../package.json";
import { helm } from "../testbed/helm";

const CHART = join(__dirname, "..", "dist", packageJson.name);
const NO_CLUSTER = "/dev/null";
/** Helm is built first, where it has to be. */
export const HELM_MILLISECONDS = 10 * 60_000;

export interface Rendered {
  kind: string;
  metadata: { name: string; namespace: string; labels: Record<string, string>; annotations?: object };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** @param values as of `--set-json` */
export async function renderChart(...values: string[]): Promise<Rendered[]> {
  const sets = values.flatMap(value => ["--set-json", value]);
  const text = await helm(NO_CLUSTER, "template", "release", CHART, "--namespace", "ci-system", ...sets);
  return parseAllDocuments(text).flatMap(document => (document.toJS() as Rendered | null) ?? []);
}
