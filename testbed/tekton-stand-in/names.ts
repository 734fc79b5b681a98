/** Names that Tekton derives: of children, claims, volumes and pods. Same input, same name, as Tekton's. */
import { createHash } from "node:crypto";

const longestName = 63;
const hashLength = 32;
const headLength = longestName - hashLength;

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** Cuts what is not alphanumeric from the end, and what is over 63 characters. */
export function restrictLength(name: string): string {
  return name.slice(0, longestName).replace(/[^a-zA-Z0-9]+$/, "");
}

/**
 * The name of an object made for `parent`: both joined, or with a hash in between when they are longer
 * than 63 characters together. Follows kmeta.ChildName of knative.dev/pkg.
 */
export function childName(parent: string, suffix: string): string {
  if (parent.length + suffix.length <= longestName) return parent + suffix;
  if (suffix.length < headLength) return parent.slice(0, headLength - suffix.length) + md5(parent) + suffix;
  const hashed = parent.slice(0, headLength) + md5(parent + suffix);
  const padding = suffix.slice(0, Math.max(0, longestName - hashed.length));
  return (hashed + padding).replace(/[^a-zA-Z0-9]+$/, "");
}

/**
 * Names of the children of one pipeline task.
 *
 * @param count how many there are; a single one carries no number
 */
export function childNames(run: string, pipelineTask: string, count: number): string[] {
  if (count === 1) return [childName(run, `-${pipelineTask}`)];
  return Array.from({ length: count }, (_, index) => {
    const name = childName(run, `-${pipelineTask}-${index}`);
    if (name.endsWith(`-${index}`)) return name;
    const longest = longestName - `-${count}`.length;
    return `${childName(run, `-${pipelineTask}`).slice(0, longest)}-${index}`;
  });
}

/** The name of a TaskRun's pod, after `retries` failed attempts. */
export function podName(taskRun: string, retries: number): string {
  return childName(taskRun, retries === 0 ? "-pod" : `-pod-retry${retries}`);
}

/** The name of the claim that a workspace's volumeClaimTemplate becomes, for the run with that UID. */
export function claimName(template: string | undefined, workspace: string, ownerUid: string): string {
  const identity = createHash("sha256")
    .update(workspace + ownerUid)
    .digest("hex")
    .slice(0, 10);
  return `${template || "pvc"}-${identity}`;
}

/** The name of the pod volume for a workspace: `ws-` and five digits of its FNV-1a hash. */
export function workspaceVolumeName(workspace: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(workspace)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `ws-${hash.toString(16).slice(0, 5).padEnd(5, "0")}`;
}
