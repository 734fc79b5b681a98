/**
 * A real cluster autoscaler: Karpenter, with its KWOK provider. For pods that the scheduler finds no node for it makes Node
 * objects, of which the cluster's KWOK plays the kubelet; it takes away those that no pod needs.
 */
import { join } from "node:path";
import { ensureTool } from "../binaries";
import type { Cluster } from "../cluster";
import { untilReady } from "../managed-process";
import { applyDefinitions, applyFile } from "../manifests";
import { freePorts } from "../ports";
import { answers } from "../probe";

const READY_MILLISECONDS = 120_000;

/**
 * Starts it on the cluster, which needs no nodes of its own then. It ends with the cluster. The first start on a machine
 * builds it, which takes minutes and is told on standard error.
 *
 * @throws Error when it cannot be built or does not become ready
 */
export async function startKarpenter(cluster: Cluster): Promise<void> {
  const [program, [metricsPort, healthPort]] = await Promise.all([
    ensureTool("karpenter"),
    freePorts(2),
    applyDefinitions(cluster.kubeconfigFile, join(__dirname, "crds.yaml")),
  ]);
  const started = cluster.spawn("karpenter", program, [], {
    KARPENTER_SERVICE: "karpenter",
    SYSTEM_NAMESPACE: "kube-system",
    KUBERNETES_MIN_VERSION: "1.19.0-0",
    DISABLE_LEADER_ELECTION: "true",
    METRICS_PORT: String(metricsPort),
    HEALTH_PROBE_PORT: String(healthPort),
    CPU_REQUESTS: "1000",
    MEMORY_LIMIT: "1000000000",
    // Pods that come within so long of one another are placed together.
    BATCH_IDLE_DURATION: "200ms",
    BATCH_MAX_DURATION: "2s",
    INSTANCE_TYPES_FILE_PATH: join(__dirname, "instance-types.json"),
  });
  await untilReady(started, READY_MILLISECONDS, () => answers(`http://localhost:${healthPort}/readyz`, ""));
  await applyFile(cluster.kubeconfigFile, join(__dirname, "node-pool.yaml"));
}
