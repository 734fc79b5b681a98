/** Which run an object belongs to, be it by way of child runs. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL, ROOT_ANNOTATION, TEKTON_PIPELINE_RUN_LABEL } from "../keys";
import { placeholderName } from "../placement/names";
import type { RunKey } from "../tekton/run-key";

/** Hashing is dear beside a look-up, and the same names come again and again. */
const MOST_NAMES = 10_000;
const names = new Map<string, string>();

function placeholderOf(run: string): string {
  let known = names.get(run);
  if (known === undefined) {
    known = placeholderName(run);
    if (names.size >= MOST_NAMES) names.clear();
    names.set(run, known);
  }
  return known;
}

/**
 * The run that a placeholder, a TaskRun, a child run or a pod belongs to.
 *
 * @returns undefined for an object whose labels do not fit together: it is none of ours
 */
export function rootRunOf({ metadata }: { metadata?: V1ObjectMeta }): RunKey | undefined {
  const name = metadata?.annotations?.[ROOT_ANNOTATION] ?? metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL];
  const placeholder = metadata?.labels?.[PLACEHOLDER_LABEL] ?? metadata?.name;
  if (name === undefined || placeholderOf(name) !== placeholder) return undefined;
  return { namespace: metadata!.namespace!, name };
}
