/** Cancelling a run's children: patches of their specs, as Tekton does it. */
import { cancelMessage, customRunCancelled, taskRunCancelled } from "../keys";
import type { ChildReference } from "../types";

export interface CancelPatch {
  kind: "TaskRun" | "CustomRun";
  name: string;
  /** JSON patch, RFC 6902. */
  operations: { op: "add"; path: string; value: string }[];
}

/**
 * The patches that cancel the children.
 *
 * @param why what their status message says
 * @returns also whether all can be cancelled: Tekton cannot cancel a child PipelineRun
 */
export function cancelChildren(
  children: ChildReference[],
  why: "cancelled" | "timedOut",
): { patches: CancelPatch[]; stuck: string[] } {
  const patches: CancelPatch[] = [];
  const stuck: string[] = [];
  for (const { kind, name } of children) {
    if (kind === "PipelineRun") {
      stuck.push(`found child objects of unknown kinds: map[${name}:${kind}]`);
      continue;
    }
    const status = kind === "TaskRun" ? taskRunCancelled : customRunCancelled;
    const operations: CancelPatch["operations"] = [
      { op: "add", path: "/spec/status", value: status },
      { op: "add", path: "/spec/statusMessage", value: cancelMessage[kind][why] },
    ];
    patches.push({ kind, name, operations });
  }
  return { patches, stuck };
}
