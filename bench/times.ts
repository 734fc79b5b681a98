/** When what became of runs, as the watches saw it: milliseconds of the epoch by the run's name. */
import { COMPONENT_LABEL, PLACEHOLDER_COMPONENT, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import { hasEnded } from "../capabilities/tekton/objects";
import type { History } from "../e2e/history";

/** When the first pod of each run was on its node. A placeholder is no pod of a run. */
export function firstPodsBound(history: History, namespace: string): Map<string, number> {
  const bound = new Map<string, number>();
  for (const { object, at } of history.all("pod", namespace)) {
    const { [TEKTON_PIPELINE_RUN_LABEL]: run, [COMPONENT_LABEL]: component } = object.metadata?.labels ?? {};
    if (run === undefined || component === PLACEHOLDER_COMPONENT || !object.spec?.nodeName) continue;
    if (!bound.has(run)) bound.set(run, at);
  }
  return bound;
}

export function runsEnded(history: History, namespace: string): Map<string, number> {
  const ended = new Map<string, number>();
  for (const { object, at } of history.all("run", namespace)) {
    const name = object.metadata!.name!;
    if (hasEnded(object) && !ended.has(name)) ended.set(name, at);
  }
  return ended;
}
