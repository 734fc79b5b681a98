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

/**
 * How long each pod waited to be bound although the pods before it had ended. Tekton makes the next task's pod when the
 * steps of the one before have ended, and the scheduler counts that pod until the kubelet says that it has ended, too.
 */
export function waitsForRoom(times: readonly PodTimes[]): number[] {
  return times.map(({ created, bound }) => {
    if (bound === undefined) return Infinity;
    const freed = times.flatMap(({ ended }) => (ended !== undefined && ended <= bound ? [ended] : []));
    return bound - Math.max(created, ...freed);
  });
}

/** A line for each, in milliseconds since the first pod of any kind was seen. */
export function told(changes: readonly Change<V1Pod>[]): string {
  const start = changes[0]!.at;
  const pods = podTimes(changes).flatMap(({ task, created, bound, running, ended }) =>
    Object.entries({ created, bound, running, ended }).map(([what, at]) => ({ at, text: `${task} ${what}` })),
  );
  const sizes = placeholderSizes(changes).map(({ at, asked, inForce }) => ({
    at,
    text: `placeholder asks for ${asked}, in force ${inForce ?? "nothing"}`,
  }));
  return [...pods, ...sizes]
    .filter(({ at }) => at !== undefined)
    .sort((one, other) => one.at! - other.at!)
    .map(({ at, text }) => `${String(at! - start).padStart(6)} ms  ${text}`)
    .join("\n");
}
