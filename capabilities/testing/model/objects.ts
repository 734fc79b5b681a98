/** How objects of the model are made and changed, and what is asked of them. */
import type { V1Pod, V1PodSpec, V1StatefulSet } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../tekton/placeholder-pod";
import { exceeds, sum, type Resources } from "../../demand/resources";
import { KEY_PREFIX, PLACEHOLDER_LABEL, RECORD_ANNOTATION, RESERVATION_ANNOTATION } from "../../keys";
import { placeholderName } from "../../placement/names";
import { countedFor } from "../../placement/node-room";
import { joinsItsRun } from "../../placement/placeholder-affinity";
import { ownContainer } from "../../room/placeholder-size";
import type { TemplateChange } from "../../placement/placeholder-template";
import { recordOf, type PlaceholderRecord } from "../../placement/record";
import type { Reservation } from "../../room/reservation";
import { aRun } from "../builders";
import { LONG_AGO, NOW, PLENTY, type NodeName, type Scenario, type World } from "./world";

export const RUN_NAME = "build";
export const PLACEHOLDER = placeholderName(RUN_NAME);

/** Further ones differ in nothing but the length of pauses. */
const MOST_MOVES = 2;

/** Of what JSON can tell; faster than by way of its text. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) copy[name] = copyOf(field);
  return copy as T;
}

export function changed<T>(object: T, change: (copy: T) => void): T {
  const copy = copyOf(object);
  change(copy);
  return copy;
}

export const time = (text: string): Date => text as unknown as Date;

export function begin(scenario: Scenario): World {
  const { run } = aRun().held();
  // The clock of what it waits for counts where it may time out.
  run.metadata!.creationTimestamp = time(scenario.annotations === undefined ? LONG_AGO : NOW);
  run.metadata!.annotations = { [`${KEY_PREFIX}placement-timeout`]: "none", ...scenario.annotations };
  run.spec = { ...run.spec, ...scenario.spec };
  const world: World = {
    run,
    statefulSet: undefined,
    pods: [],
    taskRuns: [],
    nodes: { a: { isThere: true, strangers: 0 }, b: { isThere: true, strangers: 0 } },
    coschedule: "disabled",
    refuses: "nothing",
    refusal: undefined,
    podMissingSince: undefined,
    claim: undefined,
    areClaimsDone: false,
    budget: scenario.budget,
  };
  return scenario.from?.(world) ?? world;
}

const aged = new WeakMap<object, object>();

/** The object, long after. */
export function agedObject<T extends object>(object: T): T {
  let older = aged.get(object);
  if (older === undefined) {
    older = JSON.parse(JSON.stringify(object).replaceAll(NOW, LONG_AGO)) as object;
    aged.set(object, older);
  }
  return older as T;
}

export const ownPods = ({ pods }: World): V1Pod[] => pods.filter(isPlaceholderPod);
export const runPods = ({ pods }: World): V1Pod[] => pods.filter(pod => !isPlaceholderPod(pod));
export const nodeOf = ({ spec }: V1Pod): NodeName | undefined => spec?.nodeName as NodeName | undefined;

/** Whether what is to end where it is can end. */
export function answers({ nodes }: World, pod: V1Pod): boolean {
  const node = nodeOf(pod);
  return node === undefined || nodes[node].says !== "lost";
}

export function withPod(world: World, pod: V1Pod): World {
  const others = world.pods.filter(({ metadata }) => metadata!.name !== pod.metadata!.name);
  return { ...world, pods: [...others, pod] };
}

/** A placeholder's pod that goes leaves its StatefulSet without one. */
export function withoutPod(world: World, pod: V1Pod): World {
  const pods = world.pods.filter(one => one !== pod);
  const isMissing = isPlaceholderPod(pod) && world.statefulSet !== undefined;
  return { ...world, pods, podMissingSince: isMissing ? NOW : world.podMissingSince };
}

export function conditioned(pod: V1Pod, type: string, status: "True" | "False", message?: string): V1Pod {
  return changed(pod, copy => {
    const others = copy.status!.conditions?.filter(condition => condition.type !== type) ?? [];
    const reason = type === "PodScheduled" && status === "False" ? { reason: "Unschedulable", message } : {};
    const seen = type === "PodResizePending" ? { observedGeneration: copy.metadata!.generation } : {};
    // Since when it has its node counts for a placeholder, since when it waits for one for all others.
    const counts = type === "PodScheduled" && (status === "True") === isPlaceholderPod(pod);
    const lastTransitionTime = time(counts ? NOW : LONG_AGO);
    const condition = { type, status, lastTransitionTime, ...reason, ...seen };
    copy.status!.conditions = [...others, condition];
  });
}

/** Names of what the node has too little of for a pod, in place of `instead` where it is there already. */
export function lacking(
  { nodes, pods }: World,
  { capacity = PLENTY }: Scenario,
  node: NodeName,
  wanted: Resources,
  instead?: V1Pod,
): string[] {
  const others = pods.filter(pod => nodeOf(pod) === node && pod !== instead).map(countedFor);
  const used = sum({ cpu: nodes[node].strangers }, ...others, wanted);
  // What it does not ask for cannot be lacking.
  return exceeds(used, capacity).filter(name => (wanted[name] ?? 0) > 0);
}

/** The node that it may go to alone, by the pod's own words. */
export function pinOf(spec: V1PodSpec): string | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return terms?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
}

export const joins = (spec: V1PodSpec): boolean => joinsItsRun(spec.affinity, PLACEHOLDER);

export const isPlaced = ({ run }: World): boolean => run?.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined;

export function withRecord(statefulSet: V1StatefulSet, record: PlaceholderRecord): V1StatefulSet {
  const moves = Math.min(record.moves, MOST_MOVES);
  // It is told, and decides nothing.
  const { movingBecause: _, ...decides } = record;
  return changed(statefulSet, copy => {
    copy.metadata!.annotations![RECORD_ANNOTATION] = JSON.stringify({ ...decides, moves });
  });
}

/** As PlaceholderWrites.changeTemplate has the API server do it. */
export function withTemplate(
  statefulSet: V1StatefulSet,
  { affinity, resources, record }: TemplateChange,
  reservation?: Reservation,
): V1StatefulSet {
  const templated = changed(withRecord(statefulSet, record), copy => {
    copy.spec!.template.spec!.affinity = affinity;
    ownContainer(copy.spec!.template.spec)!.resources = resources;
  });
  return reservation === undefined ? templated : withReservation(templated, reservation);
}

export const withReservation = (statefulSet: V1StatefulSet, reservation: Reservation): V1StatefulSet =>
  changed(statefulSet, copy => {
    copy.metadata!.annotations![RESERVATION_ANNOTATION] = JSON.stringify(reservation);
  });

/** One that no pod has now, nor the record speaks of. */
export function freshUid({ pods, statefulSet }: World): string {
  const taken = new Set(pods.map(({ metadata }) => metadata!.uid));
  if (statefulSet !== undefined) taken.add(recordOf(statefulSet).replaces);
  return ["pod-1", "pod-2", "pod-3", "pod-4"].find(uid => !taken.has(uid))!;
}
