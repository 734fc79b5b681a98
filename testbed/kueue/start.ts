/** A real queue: Kueue, with its own chart's kinds and webhooks, and a stand-in for tekton-kueue, on Kueue's own framework. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureTool } from "../binaries";
import type { Cluster } from "../cluster";
import { helm } from "../helm";
import { MODULES } from "../kubernetes-version";
import { untilReady } from "../managed-process";
import { applyDefinitionObjects, applyObjects, parseObjects } from "../manifests";
import { createNamespace } from "../namespaces";
import { freePorts } from "../ports";
import { answers } from "../probe";
import { until } from "../until";
import {
  applied,
  chartValues,
  configuration,
  KUEUE_NAMESPACE,
  WEBHOOK_SECRET,
  WEBHOOK_SERVICE,
} from "./configuration";

const execute = promisify(execFile);
const READY_MILLISECONDS = 120_000;

/** Where Go has the module, fetched first where it is not there. */
async function moduleDirectory(module: string): Promise<string> {
  const options = { cwd: join(MODULES, "kueue") };
  const { stdout } = await execute("go", ["mod", "download", "-json", module], options);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** Kueue keeps its certificate in a Secret, and waits until a kubelet has brought it to where it is mounted. */
async function mountCertificate({ clients }: Cluster, directory: string): Promise<void> {
  const secret = { namespace: KUEUE_NAMESPACE, name: WEBHOOK_SECRET };
  const data = await until("Kueue to make its certificate", READY_MILLISECONDS, async () => {
    const found = await clients.core.readNamespacedSecret(secret);
    return found.data?.["tls.key"] === undefined ? undefined : found.data;
  });
  const write = ([name, value]: [string, string]) =>
    writeFile(join(directory, name), Buffer.from(value, "base64"), { mode: 0o600 });
  await Promise.all(Object.entries(data).map(write));
}

/**
 * Starts it on the cluster, whose Services must have loopback addresses. It ends with the cluster. The first start on a
 * machine builds it, which takes minutes and is told on standard error.
 *
 * @throws Error when it cannot be built or does not become ready
 */
export async function startKueue(cluster: Cluster): Promise<void> {
  const { kubeconfigFile } = cluster;
  const directory = join(cluster.directory, "kueue");
  const certificates = join(directory, "certificates");
  const [program, chart, [healthPort]] = await Promise.all([
    ensureTool("kueue"),
    moduleDirectory("sigs.k8s.io/kueue"),
    freePorts(1),
    createNamespace(cluster.clients, KUEUE_NAMESPACE),
    mkdir(certificates, { recursive: true }),
  ]);
  const values = join(directory, "values.json");
  await writeFile(values, JSON.stringify(chartValues));
  const from = [
    "template",
    "kueue",
    join(chart, "charts", "kueue"),
    "--namespace",
    KUEUE_NAMESPACE,
    "-f",
    values,
  ];
  const { definitions, rest } = applied(parseObjects(await helm(kubeconfigFile, ...from)));
  await applyDefinitionObjects(kubeconfigFile, definitions);
  await applyObjects(kubeconfigFile, rest);
  const service = { namespace: KUEUE_NAMESPACE, name: WEBHOOK_SERVICE };
  const { spec } = await cluster.clients.core.readNamespacedService(service);
  const file = join(directory, "configuration.json");
  await writeFile(file, configuration({ host: spec!.clusterIP!, healthPort: healthPort!, certificates }));
  const started = cluster.spawn("kueue", program, ["--config", file, "--zap-log-level", "2"]);
  await mountCertificate(cluster, certificates);
  await untilReady(started, READY_MILLISECONDS, () => answers(`http://127.0.0.1:${healthPort}/readyz`, ""));
}

/**
 * Starts the stand-in for tekton-kueue's controller beside Kueue: Kueue admits and starts runs that have its queue's label
 * and are Pending. What sets both when a run is created, tekton-kueue's webhook, is left to tests.
 */
export async function startTektonKueue(cluster: Cluster): Promise<void> {
  const [program, [healthPort]] = await Promise.all([ensureTool("tekton-kueue"), freePorts(1)]);
  const address = `127.0.0.1:${healthPort}`;
  const started = cluster.spawn("tekton-kueue", program, ["--health-probe-bind-address", address]);
  await untilReady(started, READY_MILLISECONDS, () => answers(`http://${address}/readyz`, ""));
}
