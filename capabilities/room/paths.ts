/** The names that tasks have in a reservation, of what Tekton has made of them: their paths in pipelines in pipelines. */
import { DEEPEST } from "../demand/limits";
import { TEKTON_PIPELINE_RUN_LABEL, TEKTON_PIPELINE_TASK_LABEL } from "../keys";
import type { PipelineRun } from "../tekton/objects";

interface Labelled {
  metadata?: { labels?: Record<string, string> };
}

export const labelOf = ({ metadata }: Labelled, label: string): string => metadata?.labels?.[label] ?? "";

/** By the name of a run, what stands in front of the names of its tasks. */
export type Prefixes = ReadonlyMap<string, string>;

/** Empty for the root, `inner/` for the child that `inner` is. */
export function prefixesOf({
  run,
  children,
}: {
  run: PipelineRun;
  children: readonly PipelineRun[];
}): Prefixes {
  const byName = new Map(children.map(child => [child.metadata!.name!, child]));
  const found = new Map([[run.metadata!.name!, ""]]);
  const prefixOf = (name: string, depth: number): string | undefined => {
    const known = found.get(name);
    const child = byName.get(name);
    if (known !== undefined || child === undefined || depth > DEEPEST) return known;
    const parent = prefixOf(labelOf(child, TEKTON_PIPELINE_RUN_LABEL), depth + 1);
    if (parent === undefined) return undefined;
    const prefix = `${parent}${labelOf(child, TEKTON_PIPELINE_TASK_LABEL)}/`;
    found.set(name, prefix);
    return prefix;
  };
  for (const name of byName.keys()) prefixOf(name, 0);
  return found;
}

/** @returns undefined for what belongs to none of the runs */
export function pathOf(object: Labelled, prefixes: Prefixes): string | undefined {
  const prefix = prefixes.get(labelOf(object, TEKTON_PIPELINE_RUN_LABEL));
  return prefix === undefined ? undefined : `${prefix}${labelOf(object, TEKTON_PIPELINE_TASK_LABEL)}`;
}
