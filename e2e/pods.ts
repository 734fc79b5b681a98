/** Pods of runs, and their end. */
import type { V1Pod } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../capabilities/kube/json-patch";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import type { OperatedCluster } from "./operated-cluster";

/** Those of the namespace that are no placeholders. */
export const podsOf = (operated: OperatedCluster, namespace: string): V1Pod[] =>
  operated.history.now("pod", namespace).filter(pod => !isPlaceholderPod(pod));

/** Ends pods that would run on: their time starts anew. */
export async function endPods(operated: OperatedCluster, pods: V1Pod[]): Promise<void> {
  const body = { metadata: { annotations: { "testbed/run-seconds": "1" } } };
  for (const { metadata } of pods) {
    const pod = { namespace: metadata!.namespace!, name: metadata!.name!, body };
    await operated.cluster.clients.core.patchNamespacedPod(pod, MERGE_PATCH);
  }
}
