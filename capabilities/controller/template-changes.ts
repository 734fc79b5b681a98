/** Changes of a placeholder's pod template and record. `seen` is the StatefulSet as it was seen. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../demand/resources";
import type { Cluster } from "../kube/cluster";
import type { Observed } from "../phases/observed";
import {
  firstTemplate,
  pinnedTemplate,
  placesTemplate,
  settledTemplate,
  withPlacesOf,
} from "../placement/placeholder-template";
import { reservationOf } from "../room/placeholder-size";
import { withAsk, type Reservation } from "../room/reservation";
import type { PipelineRun } from "../tekton/objects";
import { placesAgain } from "./make-placeholder";
import { wholeStatefulSet } from "./parts";

interface Pin {
  pod: V1Pod;
  node: string;
  size: Resources;
}

/** Should its pod be made again, it joins its run. */
export async function settle(cluster: Cluster, seen: V1StatefulSet): Promise<V1StatefulSet> {
  const whole = await wholeStatefulSet(cluster, seen);
  return cluster.placeholders.changeTemplate(whole, settledTemplate(whole));
}

/** @param reservation what it keeps from now on, if that changes */
export async function pin(
  cluster: Cluster,
  run: PipelineRun,
  seen: V1StatefulSet,
  to: Pin,
  reservation?: Reservation,
): Promise<V1StatefulSet> {
  const whole = await wholeStatefulSet(cluster, seen);
  return cluster.placeholders.changeTemplate(whole, pinnedTemplate(run, whole, to), reservation);
}

/** Its run is not kept from running by what cannot be handed over. */
export function pinByFloor(
  cluster: Cluster,
  run: PipelineRun,
  seen: V1StatefulSet,
  pod: V1Pod,
): Promise<V1StatefulSet> {
  const { floor } = reservationOf(seen);
  const small: Reservation = { ask: floor, floor, firstWave: {}, tasks: [] };
  return pin(cluster, run, seen, { pod, node: pod.spec!.nodeName!, size: floor }, small);
}

export async function startOver(
  cluster: Cluster,
  observed: Observed,
  from: { pod: V1Pod; ask?: Resources; why?: string },
): Promise<V1StatefulSet> {
  const whole = await wholeStatefulSet(cluster, observed.statefulSet!);
  const places = await placesAgain(whole, observed, cluster);
  const change = withPlacesOf(firstTemplate(observed.run!, whole, from), places);
  return cluster.placeholders.changeTemplate(whole, change, withAsk(reservationOf(whole), from.ask));
}

/** Should its pod be made again, with the operator down as well, it goes where the claims of its run are. */
export async function noteClaims(
  cluster: Cluster,
  observed: Observed,
  claims: readonly string[],
): Promise<V1StatefulSet> {
  const whole = await wholeStatefulSet(cluster, observed.statefulSet!);
  const places = await placesAgain(whole, observed, cluster);
  // Those that are not to be named by it are not looked at again.
  const all = { ...places, claims: [...places.claims, ...claims] };
  return cluster.placeholders.changeTemplate(whole, placesTemplate(whole, all));
}

/** Remembers that its node could not give room back now. */
export async function noteGrowthRefused(cluster: Cluster, seen: V1StatefulSet): Promise<V1StatefulSet> {
  return cluster.placeholders.noteGrowthRefused(await wholeStatefulSet(cluster, seen), new Date());
}

/** Remembers what a policy makes of resizes of its pod. */
export async function noteRaised(
  cluster: Cluster,
  seen: V1StatefulSet,
  raised: Resources,
): Promise<V1StatefulSet> {
  return cluster.placeholders.noteRaised(await wholeStatefulSet(cluster, seen), raised);
}
