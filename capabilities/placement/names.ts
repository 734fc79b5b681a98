import { createHash } from "node:crypto";

/**
 * The name of the StatefulSet that anchors a run, and the value of the label that ties pods to it.
 *
 * Made from the run's name alone: two placeholders of one run can then never exist at once, and one
 * for a run of the same name has to wait until the old one is gone.
 *
 * @returns `custom-pod-affinity-` and 10 hexadecimal digits: 30 characters, so it fits in any label
 */
export function placeholderName(runName: string): string {
  return `custom-pod-affinity-${createHash("sha256").update(runName).digest("hex").slice(0, 10)}`;
}

/** The one pod of the placeholder's StatefulSet. */
export function placeholderPodName(runName: string): string {
  return `${placeholderName(runName)}-0`;
}
