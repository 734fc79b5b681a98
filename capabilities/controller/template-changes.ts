/** Changes of a placeholder's pod template. `run` is the run with its whole spec, `seen` the StatefulSet as it was seen. */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../demand/resources";
import type { Cluster } from "../kube/cluster";
import type { Observed } from "../phases/observed";
import { firstTemplate, pinnedTemplate, settledTemplate } from "../placement/placeholder-template";
import { reservationOf } from "../room/placeholder-size";
import { withAsk, type Reservation } from "../room/reservation";
import type { PipelineRun } from "../tekton/objects";
import { templateFor, volumesFor } from "./make-placeholder";

interface Pin {
  pod: V1Pod;
  node: string;
  size: Resources;
}

/** Should its pod be made again, it joins its run. */
export async function settle(
  cluster: Cluster,
  run: PipelineRun,
  seen: V1StatefulSet,
): Promise<V1StatefulSet> {
  const { template } = await templateFor(run, cluster);
  return cluster.placeholders.changeTemplate(seen, settledTemplate(run, template, seen));
}

/** @param reservation what it keeps from now on, if that changes */
export async function pin(
  cluster: Cluster,
  run: PipelineRun,
  seen: V1StatefulSet,
  to: Pin,
  reservation?: Reservation,
): Promise<V1StatefulSet> {
  const { template } = await templateFor(run, cluster);
  return cluster.placeholders.changeTemplate(seen, pinnedTemplate(run, template, seen, to), reservation);
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
  run: PipelineRun,
  observed: Observed,
  from: { pod: V1Pod; ask?: Resources },
): Promise<V1StatefulSet> {
  const seen = observed.statefulSet!;
  const { volumes } = await volumesFor(run, observed, cluster);
  const { template } = await templateFor(run, cluster);
  const change = { ...firstTemplate(run, template, seen, from), volumes };
  return cluster.placeholders.changeTemplate(seen, change, withAsk(reservationOf(seen), from.ask));
}
