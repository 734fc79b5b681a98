/** How long the pods of runs waited for room, and who was in the way. */
import type { V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { podRequests } from "../../capabilities/room/pod-requests";
import { amountOf, parseResources } from "../../capabilities/demand/resources";
import type { Change } from "../../testbed/event-feed";

export interface Wait {
  /** The run, and its task; or its placeholder. */
  who: string;
  pod: V1Pod;
  from: number;
  to: number;
}

const cpuOf = (pod: V1Pod): number => amountOf(podRequests(pod), "cpu");
const runOf = ({ metadata }: V1Pod): string | undefined => metadata?.labels?.["tekton.dev/pipelineRun"];
const hasEnded = ({ status }: V1Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

const nameOf = (pod: V1Pod): string =>
  `${runOf(pod)}/${isPlaceholderPod(pod) ? "placeholder" : pod.metadata?.labels?.["tekton.dev/pipelineTask"]}`;

/** From when each pod was first seen until it had its node; of pods of one task together. */
export function waitsIn(changes: readonly Change<V1Pod>[]): Wait[] {
  const waits = new Map<string, Wait>();
  for (const { object, at, type } of changes) {
    const uid = object.metadata!.uid!;
    if (runOf(object) === undefined || type === "DELETED") continue;
    const wait = waits.get(uid) ?? { who: nameOf(object), pod: object, from: at, to: Infinity };
    if (object.spec?.nodeName && wait.to === Infinity) wait.to = at;
    waits.set(uid, wait);
  }
  return [...waits.values()];
}

/** Milliseconds by who waited; of a placeholder that was made again all of them. */
export function millisecondsByWho(waits: readonly Wait[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const { who, from, to } of waits) total.set(who, (total.get(who) ?? 0) + to - from);
  return total;
}

/**
 * Names of neighbours that were in the way at some moment of the wait: on a node where the pod had room, but for
 * them. A run's pod is tied to its placeholder's node; a placeholder may go to any.
 *
 * @param allocatable thousandths of a CPU, by node
 */
function inTheWay(
  wait: Wait,
  changes: readonly Change<V1Pod>[],
  allocatable: ReadonlyMap<string, number>,
  neighbours: string,
): string[] {
  const there = new Map<string, V1Pod>();
  const found = new Set<string>();
  for (const { type, object, at } of changes) {
    if (at > wait.to) break;
    const uid = object.metadata!.uid!;
    if (type === "DELETED" || hasEnded(object) || !object.spec?.nodeName) there.delete(uid);
    else there.set(uid, object);
    if (at < wait.from) continue;
    const pods = [...there.values()];
    const anchor = pods.find(pod => isPlaceholderPod(pod) && runOf(pod) === runOf(wait.pod));
    const nodes = isPlaceholderPod(wait.pod) ? [...allocatable.keys()] : [anchor?.spec?.nodeName ?? ""];
    for (const node of nodes) {
      const here = pods.filter(pod => pod.spec?.nodeName === node);
      const theirs = here.filter(pod => pod.metadata?.namespace === neighbours);
      const sum = (some: V1Pod[]) => some.reduce((total, pod) => total + cpuOf(pod), 0);
      const room = (allocatable.get(node) ?? 0) - sum(here);
      if (room < cpuOf(wait.pod) && room + sum(theirs) >= cpuOf(wait.pod)) {
        theirs.forEach(pod => found.add(pod.metadata!.name!));
      }
    }
  }
  return [...found];
}

/** Whether a placeholder or pod of the run had a node at some moment of the wait. */
function wasThere(run: string, { from, to }: Wait, changes: readonly Change<V1Pod>[]): boolean {
  return changes.some(
    ({ object, at, type }) =>
      at >= from && at <= to && type !== "DELETED" && runOf(object) === run && Boolean(object.spec?.nodeName),
  );
}

/**
 * By who waited, the neighbours that were in the way; or those that kept another run on its node for longer, where it
 * was that run's placeholder that was in the way: each run has its node to itself.
 */
export function traced(
  waits: readonly Wait[],
  changes: readonly Change<V1Pod>[],
  allocatable: ReadonlyMap<string, number>,
  neighbours: string,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const wait of [...waits].sort((a, b) => a.from - b.from)) {
    const direct = inTheWay(wait, changes, allocatable, neighbours);
    const names = [...(found.get(wait.who) ?? []), ...direct];
    if (names.length === 0 && isPlaceholderPod(wait.pod)) {
      for (const [who, theirs] of found) {
        const run = who.split("/")[0]!;
        if (run !== runOf(wait.pod) && theirs.length > 0 && wasThere(run, wait, changes)) {
          names.push(...theirs.map(name => `${name} (by way of ${run})`));
        }
      }
    }
    found.set(wait.who, [...new Set(names)]);
  }
  return found;
}

export const cpusOf = (nodes: Record<string, string>): Map<string, number> =>
  new Map(
    Object.entries(nodes).map(([name, cores]) => [name, amountOf(parseResources({ cpu: cores }), "cpu")]),
  );
