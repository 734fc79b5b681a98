/** Reads what Tekton has resolved of a run that is under way, and counts anew what it needs. */
import { BUILT_IN_CHOICES } from "../choices/choices";
import { floorOf, unknownTaskOf, type Settings } from "../choices/settings";
import { UNREAD_PIPELINE } from "../demand/expand";
import type { PipelineSpec } from "../demand/pipeline-spec";
import { exceeds } from "../demand/resources";
import { taskGraph } from "../demand/task-graph";
import type { Cluster } from "../kube/cluster";
import { revised } from "../room/learned";
import { prefixesOf } from "../room/paths";
import { reservationFor, type Reservation } from "../room/reservation";
import type { PipelineRun } from "../tekton/objects";
import type { Warning } from "../tekton/warning";

/** Specs of child runs by their paths in the run's pipeline; of a matrix of them, one. */
function specsByPath(run: PipelineRun, children: readonly PipelineRun[]): Map<string, PipelineSpec> {
  const prefixes = prefixesOf({ run, children });
  const specs = new Map<string, PipelineSpec>();
  for (const { metadata, status } of children) {
    const prefix = prefixes.get(metadata!.name!);
    if (prefix !== undefined && status?.pipelineSpec !== undefined)
      specs.set(prefix.slice(0, -1), status.pipelineSpec);
  }
  return specs;
}

/**
 * @param run with its whole status
 * @param before what its placeholder keeps: its widest moment, as nothing else has tasks that are unknown
 * @param learned names of tasks of that which are known now
 */
export async function reserveAgain(
  run: PipelineRun,
  before: Reservation,
  learned: readonly string[],
  cluster: Cluster,
  settings: Settings,
): Promise<{ reservation: Reservation; warnings: Warning[] }> {
  const isRootAlone = learned.every(name => name === UNREAD_PIPELINE);
  const { namespace, name } = run.metadata!;
  const children = isRootAlone ? [] : await cluster.childRuns({ namespace: namespace!, name: name! });
  const { definitions, bounds } = await cluster.demandSources(run, specsByPath(run, children));
  const graph = taskGraph(run, definitions, unknownTaskOf(settings));
  // What quotas have left does not count: the run itself has used of it by now.
  const limits = { limitRanges: bounds.limitRanges, quotas: [] };
  const counted = reservationFor(graph, BUILT_IN_CHOICES, floorOf(settings), limits);
  const reservation = revised(before, counted.reservation, learned);
  const isMore = exceeds(reservation.ask, before.ask).length > 0;
  const isLess = exceeds(before.ask, reservation.ask).length > 0;
  if (!isMore && !isLess) return { reservation, warnings: [] };
  const message = [`Known now that Tekton has resolved it: ${learned.join(", ")}.`, ...counted.notes].join(
    " ",
  );
  return { reservation, warnings: [{ type: "Normal", reason: "ReservedAgain", message }] };
}
