/** When a pod was on its node, and what people call it. */
import type { V1Pod } from "@kubernetes/client-node";
import { TEKTON_PIPELINE_TASK_LABEL } from "../../capabilities/keys";
import { hasFinished } from "../../capabilities/phases/observed";
import { boundAt } from "../../capabilities/room/waiting-pods";

export interface PodSpan {
  /** When it was made; all in milliseconds since the epoch. */
  from: number;
  /** When it got its node; undefined while it has none. */
  bound: number | undefined;
  /** When its last container ended; undefined while it is active, or where nobody says. */
  until: number | undefined;
}

export function spanOf(pod: V1Pod): PodSpan {
  const from = new Date(pod.metadata?.creationTimestamp ?? 0).getTime();
  const ends = (pod.status?.containerStatuses ?? [])
    .flatMap(({ state }) => state?.terminated?.finishedAt ?? [])
    .map(at => new Date(at).getTime());
  const bound = pod.spec?.nodeName ? boundAt(pod) : undefined;
  const until = hasFinished(pod) && ends.length > 0 ? Math.max(...ends) : undefined;
  return { from, bound, until };
}

/** Its task's name, or its own without what every pod of the run has in it. */
export function podName({ metadata }: V1Pod, run: string): string {
  const task = metadata?.labels?.[TEKTON_PIPELINE_TASK_LABEL];
  if (task !== undefined) return task;
  const name = metadata?.name ?? "";
  return (name.startsWith(`${run}-`) ? name.slice(run.length + 1) : name).replace(/-pod$/, "");
}
