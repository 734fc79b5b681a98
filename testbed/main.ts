/** `npm run testbed`: a cluster to try things on, until Ctrl-C. */
import { relative } from "node:path";
import { pepr } from "../package.json";
import { startCluster, type Cluster } from "./cluster";
import { addNode } from "./nodes";
import { ON_REAL_NODE, REAL_NODE, startRealNode, whyNoRealNode } from "./real-node/node";
import { parseOptions, USAGE, type TestbedOptions } from "./options";
import { checkFree, publish, withdraw } from "./published-kubeconfig";

const NODES_AT_ONCE = 16;

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  const { kubeconfigFile } = options;
  await checkFree(kubeconfigFile);
  if (options.realNode) checkRealNode();
  // Until the cluster is up, a signal ends this process at once, and the guard clears up after it.
  const cluster = await startCluster({ name: "local" });
  const interrupted = untilInterrupted();
  try {
    await publish(cluster.kubeconfigFile, kubeconfigFile);
    await Promise.all([
      addNodes(cluster, options.nodes),
      ...(options.realNode ? [startRealNode(cluster)] : []),
    ]);
    console.log(instructions(kubeconfigFile, cluster, options));
    await interrupted;
    console.log("\nStopping …");
  } finally {
    await withdraw(kubeconfigFile);
    await cluster.stop();
  }
}

/** Undefined when there is nothing to do: help was given, or the mistake was told. */
function readOptions(): TestbedOptions | undefined {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) console.log(USAGE);
    return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/**
 * Resolves at the first Ctrl-C, SIGTERM or closed terminal. Further ones are ignored, as npm hands a Ctrl-C
 * on a second time and stopping has a bound.
 */
function untilInterrupted(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}

async function addNodes(cluster: Cluster, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  const worker = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      await addNode(cluster.clients, { name });
    }
  };
  await Promise.all(Array.from({ length: NODES_AT_ONCE }, worker));
}

/** @throws Error before anything is started */
function checkRealNode(): void {
  const problem = whyNoRealNode();
  if (problem !== undefined) throw new Error(problem);
}

const realNodeInstructions = `
The node "${REAL_NODE}" is this machine: kubectl logs and exec work on its pods. Only those come that want to:
  ${JSON.stringify(ON_REAL_NODE)}
Images: busybox, alpine (both a busybox) and registry.k8s.io/pause are there, all others are pulled.
`;

function instructions(kubeconfigFile: string, cluster: Cluster, { nodes, realNode }: TestbedOptions): string {
  const path = relative(process.cwd(), kubeconfigFile);
  return `
A Kubernetes cluster with ${nodes} fake node${nodes === 1 ? "" : "s"} and a stand-in for Tekton is up. It ends with Ctrl-C.

In a second terminal, in this directory:
  export KUBECONFIG=${path.startsWith("..") ? kubeconfigFile : `$PWD/${path}`}
  kubectl get nodes
  npx pepr dev --yes --host localhost     # runs the operator against this cluster; end it with Ctrl-C

In a third one, with the same KUBECONFIG:
  kubectl apply -f examples/              # or one of them
  kubectl get pipelineruns,taskruns,statefulsets,pods -o wide
${realNode ? realNodeInstructions : ""}
If pods or PipelineRuns are refused with "failed calling webhook", pepr dev was killed and has left its
webhooks behind. This takes them away:
  kubectl delete mutatingwebhookconfigurations,validatingwebhookconfigurations --ignore-not-found pepr-${pepr.uuid}

Logs are in ${cluster.directory}/logs
`;
}

main().catch((error: unknown) => {
  console.error(`The test bed did not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
