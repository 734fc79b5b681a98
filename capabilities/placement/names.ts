import { createHash } from "node:crypto";

/** By name of the run: asked for several times at each look. */
const known = new Map<string, string>();
const MOST_KNOWN = 5_000;

/**
 * The name of the StatefulSet that anchors a run, and the value of the label that ties pods to it.
 *
 * Made from the run's name alone: two placeholders of one run can then never exist at once, and one
 * for a run of the same name has to wait until the old one is gone.
 *
 * @returns `custom-pod-affinity-` and 10 hexadecimal digits: 30 characters, so it fits in any label
 */
export function placeholderName(runName: string): string {
  const found = known.get(runName);
  if (found !== undefined) return found;
  const name = `custom-pod-affinity-${createHash("sha256").update(runName).digest("hex").slice(0, 10)}`;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(runName, name);
  return name;
}

/** The one pod of the placeholder's StatefulSet. */
export function placeholderPodName(runName: string): string {
  return `${placeholderName(runName)}-0`;
}

/** Most characters of a label's value. */
const MOST_LABEL_CHARACTERS = 63;
const DIGEST_CHARACTERS = 10;

/**
 * A node's name as the value of a label. Names of nodes may have up to 253 characters; of a longer one the beginning is
 * kept, and a digest of the whole tells it from others that begin alike.
 */
export function nodeLabel(node: string): string {
  if (node.length <= MOST_LABEL_CHARACTERS) return node;
  const digest = createHash("sha256").update(node).digest("hex").slice(0, DIGEST_CHARACTERS);
  return `${node.slice(0, MOST_LABEL_CHARACTERS - DIGEST_CHARACTERS - 1)}-${digest}`;
}
