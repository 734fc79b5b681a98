/** When what became of runs, as the watches saw it: milliseconds of the epoch by the run's name. */
import { PLACEHOLDER_LABEL, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import { hasEnded } from "../capabilities/tekton/objects";
import type { History } from "../e2e/history";

export function runsEnded(history: History, namespace: string): Map<string, number> {
  const ended = new Map<string, number>();
  for (const { object, at } of history.all("run", namespace)) {
    const name = object.metadata!.name!;
    if (hasEnded(object) && !ended.has(name)) ended.set(name, at);
  }
  return ended;
}

/** What comes between a run's creation and its first pod, in this order. */
export const STAGES = [
  "seen",
  "placeholder made",
  "its pod made",
  "its pod bound",
  "released",
  "first pod made",
  "first pod bound",
] as const;
export type Stage = (typeof STAGES)[number];

/** By run: when each stage was seen first. Of a run that is not opted in, some are not there. */
export function stagesOf(history: History, namespace: string): Map<string, Map<Stage, number>> {
  const stages = new Map<string, Map<Stage, number>>();
  const see = (run: string | undefined, stage: Stage, at: number) => {
    if (run === undefined) return;
    const known = stages.get(run) ?? new Map<Stage, number>();
    if (!known.has(stage)) known.set(stage, at);
    stages.set(run, known);
  };
  for (const { object, at } of history.all("run", namespace)) {
    see(object.metadata!.name!, "seen", at);
    if (object.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined) see(object.metadata.name, "released", at);
  }
  for (const { object, at } of history.all("statefulSet", namespace))
    see(object.metadata?.ownerReferences?.[0]?.name, "placeholder made", at);
  for (const { object, at } of history.all("pod", namespace)) {
    const run = object.metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
    const [made, bound]: Stage[] = isPlaceholderPod(object)
      ? ["its pod made", "its pod bound"]
      : ["first pod made", "first pod bound"];
    see(run, made!, at);
    if (object.spec?.nodeName) see(run, bound!, at);
  }
  return stages;
}
