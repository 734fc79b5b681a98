/** What Kueue has made of a run. */
import { WORKLOAD_JOB_LABEL, WORKLOADS } from "../keys";
import type { PipelineRun } from "../tekton/objects";
import type { KubeClients } from "./client";
import { ifThere } from "./errors";
import type { Listed } from "./pages";

/** Whether Kueue has made a Workload for the run. Where its kind is not there, nor is Kueue. */
export async function hasWorkload(
  { custom }: Pick<KubeClients, "custom">,
  { metadata }: PipelineRun,
): Promise<boolean> {
  const { namespace, uid } = metadata!;
  const labelSelector = `${WORKLOAD_JOB_LABEL}=${uid}`;
  for (const version of WORKLOADS.versions) {
    const which = { group: WORKLOADS.group, version, plural: WORKLOADS.plural, namespace: namespace! };
    const found = await ifThere<Listed<object>>(
      custom.listNamespacedCustomObject({ ...which, labelSelector, limit: 1 }),
    );
    if (found !== undefined) return found.items.length > 0;
  }
  return false;
}
