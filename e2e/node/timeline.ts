/** When a run's pods came, were bound, ran and ended, and what the placeholder asked for and was granted. Pure. */
import type { V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import type { Change } from "../../testbed/event-feed";

export interface PodTimes {
  task: string;
  /** Milliseconds of the epoch, when each was first seen. */
  created: number;
  bound?: number;
  running?: number;
  ended?: number;
}

export interface PlaceholderSize {
  at: number;
  asked: string;
  /** What the kubelet says is in force; undefined before its container runs. */
  inForce: string | undefined;
}

const cpuOf = (requests: Record<string, string> | undefined): string | undefined => requests?.["cpu"];

/** Of the pods of tasks, in the order in which they came. */
export function podTimes(changes: readonly Change<V1Pod>[]): PodTimes[] {
  const times = new Map<string, PodTimes>();
  for (const { at, type, object } of changes) {
    if (isPlaceholderPod(object) || type === "DELETED") continue;
    const { uid, labels } = object.metadata!;
    const seen = times.get(uid!) ?? { task: labels?.["tekton.dev/pipelineTask"] ?? "", created: at };
    times.set(uid!, seen);
    if (object.spec!.nodeName) seen.bound ??= at;
    if (object.status?.phase === "Running") seen.running ??= at;
    if (object.status?.phase === "Succeeded") seen.ended ??= at;
  }
  return [...times.values()];
}

/** Each size of the placeholder that was seen, without repetitions. */
export function placeholderSizes(changes: readonly Change<V1Pod>[]): PlaceholderSize[] {
  const sizes: PlaceholderSize[] = [];
  for (const { at, type, object } of changes) {
    if (!isPlaceholderPod(object) || type === "DELETED") continue;
    const asked = cpuOf(object.spec!.containers[0]!.resources?.requests)!;
    const inForce = cpuOf(object.status?.containerStatuses?.[0]?.resources?.requests);
    const last = sizes.at(-1);
    if (last?.asked !== asked || last.inForce !== inForce) sizes.push({ at, asked, inForce });
  }
  return sizes;
}

export interface Wait {
  task: string;
  /** Milliseconds for pods of its own run: see `waits`. */
  forItsRun: number;
  /** From when those had ended until it was bound: what a placeholder that still held the room would cost. */
  forRoom: number;
}

/**
 * How long each pod waited to be bound, and what for. Tekton makes the next task's pod when the steps of the one before
 * have ended, and the scheduler counts that pod until the kubelet says that it has ended, too.
 */
export function waits(times: readonly PodTimes[]): Wait[] {
  return times.map(({ task, created, bound = Infinity }) => {
    const freed = times.flatMap(({ ended }) => (ended !== undefined && ended <= bound ? [ended] : []));
    const free = Math.max(created, ...freed);
    return { task, forItsRun: free - created, forRoom: bound - free };
  });
}

/** How a pod came to be bound, in words. */
function bound({ task, forItsRun, forRoom }: Wait): string {
  if (forItsRun === 0) return `${task} bound, ${forRoom} ms after it was made`;
  return `${task} bound, ${forItsRun + forRoom} ms after it was made, ${forRoom} ms after the last pod before had ended`;
}

/** A line for each, in milliseconds since the first pod of any kind was seen. */
export function told(changes: readonly Change<V1Pod>[]): string {
  const start = changes[0]!.at;
  const times = podTimes(changes);
  const all = waits(times);
  const pods = times.flatMap(({ task, ...seen }, index) =>
    Object.entries(seen).map(([what, at]) => ({
      at,
      text: what === "bound" ? bound(all[index]!) : `${task} ${what}`,
    })),
  );
  const sizes = placeholderSizes(changes).map(({ at, asked, inForce }) => ({
    at,
    text: `placeholder asks for ${asked}, in force ${inForce ?? "nothing"}`,
  }));
  return [...pods, ...sizes]
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `${String(at - start).padStart(6)} ms  ${text}`)
    .join("\n");
}
