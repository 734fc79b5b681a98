/** What belongs to this very run: objects of an earlier one of the same name carry the same labels. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { TEKTON_PIPELINE_RUN_UID_LABEL } from "../keys";
import type { PipelineRun } from "../tekton/objects";
import { activePods, type Observed } from "./observed";
import type { Seen } from "../room/progress";

const ownerOf = ({ metadata }: { metadata?: V1ObjectMeta }): string | undefined =>
  metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid;

/** UIDs of the run and of those of pipelines in pipelines that it made, at any depth. */
function lineage(run: PipelineRun, children: readonly PipelineRun[]): ReadonlySet<string> {
  const made = new Map<string, string[]>();
  for (const child of children) {
    const owner = ownerOf(child) ?? "";
    const uid = child.metadata!.uid!;
    const known = made.get(owner);
    if (known === undefined) made.set(owner, [uid]);
    else known.push(uid);
  }
  // What is added while it is gone through is gone through as well.
  const uids = new Set([run.metadata!.uid!]);
  for (const uid of uids) for (const one of made.get(uid) ?? []) uids.add(one);
  return uids;
}

/** The run with its TaskRuns, child runs and live pods. What does not say whose it is counts as its own. */
export function ownOf(run: PipelineRun, observed: Observed): Seen {
  const uids = lineage(run, observed.children);
  const isOwn = (uid: string | undefined): boolean => uid === undefined || uids.has(uid);
  return {
    run,
    taskRuns: observed.taskRuns.filter(taskRun => isOwn(ownerOf(taskRun))),
    customRuns: observed.customRuns.filter(customRun => isOwn(ownerOf(customRun))),
    children: observed.children.filter(child => isOwn(ownerOf(child))),
    pods: activePods(observed).filter(pod => isOwn(pod.metadata?.labels?.[TEKTON_PIPELINE_RUN_UID_LABEL])),
  };
}
