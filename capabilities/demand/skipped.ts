/**
 * Tasks of a pipeline that will not run, as far as that is known in advance, and how often the others run at once.
 * Source: Tekton's pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go (skip, IsFinallySkipped): what only
 * comes after a task that its `when` rules out runs all the same; what comes after any other skipped one does not.
 */
import { fanOutOf, type FanOut } from "./matrix";
import type { Values } from "./params";
import type { OrderedPipeline, OrderedTask } from "./problems";
import { allows } from "./when";

/** By the names of the tasks: how each fans out, or why it does not run. */
export type Prospects = ReadonlyMap<string, FanOut | "ruled out by when" | "skipped">;

export function prospectsOf(
  { inOrder, finally: final }: OrderedPipeline,
  values: Values,
  mostCombinations: number | undefined,
): Prospects {
  const prospects = new Map<string, FanOut | "ruled out by when" | "skipped">();
  const prospectOf = ({ task, parents, uses }: OrderedTask, isLost: (name: string) => boolean) => {
    // It is looked at before the results that it uses, and what has none is compared as it is written.
    if (allows(task.when, values, uses.some(doesNotRun)) === false) return "ruled out by when";
    if (parents.some(name => prospects.get(name) === "skipped") || uses.some(isLost)) return "skipped";
    const fanOut = fanOutOf(task.matrix, values, mostCombinations);
    return fanOut.count === 0 ? "skipped" : fanOut;
  };
  const isRuledOut = (name: string): boolean => prospects.get(name) === "ruled out by when";
  const doesNotRun = (name: string): boolean => typeof prospects.get(name) === "string";
  for (const item of inOrder) prospects.set(item.name, prospectOf(item, isRuledOut));
  for (const item of final) prospects.set(item.name, prospectOf(item, doesNotRun));
  return prospects;
}
