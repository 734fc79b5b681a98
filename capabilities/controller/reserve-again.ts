/** Reads what Tekton has resolved of a run that is under way, and counts anew what it needs. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { BUILT_IN_CHOICES } from "../choices/choices";
import { floorOf } from "../choices/settings";
import { UNREAD_PIPELINE } from "../demand/expand";
import type { PipelineSpec } from "../demand/pipeline-spec";
import { countedResources, exceeds, sum, type Resources } from "../demand/resources";
import type { Observed } from "../phases/observed";
import { demandOf, namedBy } from "../placement/plan";
import { revised } from "../room/learned";
import { withoutOwn } from "../room/namespace-bounds";
import { prefixesOf } from "../room/paths";
import { reservationOf } from "../room/placeholder-size";
import { podRequests } from "../room/pod-requests";
import { countsPod } from "../room/quota-scopes";
import { reservationFor, type Reservation } from "../room/reservation";
import type { PipelineRun } from "../tekton/objects";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import type { Parts, TellLater } from "./parts";

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

type Needed = Pick<Parts, "cluster" | "settings" | "tektonDefaults">;

/** What live pods of the run ask for, its placeholder's among them, and of that the overhead of its RuntimeClass. */
const usedBy = ({ pods }: Observed): { own: Resources; overhead: Resources } => ({
  own: sum(...pods.map(podRequests)),
  overhead: countedResources(pods.find(isPlaceholderPod)?.spec?.overhead),
});

/** @returns what it is to keep from now on; in sentences for people, if that is news */
async function countedAgain(
  { cluster, settings, tektonDefaults }: Needed,
  run: PipelineRun,
  observed: Observed,
  before: Reservation,
  learned: readonly string[],
): Promise<{ reservation: Reservation; notes: string[] }> {
  const isRootAlone = learned.every(name => name === UNREAD_PIPELINE);
  const { namespace, name } = run.metadata!;
  const children = isRootAlone ? [] : await cluster.childRuns({ namespace: namespace!, name: name! });
  const resolvedPipelines = specsByPath(run, children);
  const reading = { defaults: tektonDefaults(), resolvedPipelines };
  const { definitions, bounds } = await cluster.demandSources(run, reading);
  const named = namedBy(run, definitions);
  const runtimeClasses = await cluster.runtimeClasses(named.runtimeClasses);
  const graph = demandOf(run, { ...named.known, runtimeClasses }, definitions, settings);
  const { own, overhead } = usedBy(observed);
  const placeholder = observed.pods.find(isPlaceholderPod)?.spec ?? {};
  const quotas = bounds.quotas.filter(quota => countsPod(quota, placeholder));
  const limits = { ...bounds, quotas: withoutOwn(quotas, own) };
  // Only what is kept by the built-in choices has tasks, and so any of which nothing is known.
  const counted = reservationFor(graph, BUILT_IN_CHOICES, floorOf(settings), limits, overhead);
  const reservation = revised(before, counted.reservation, learned);
  const differs =
    [exceeds(reservation.ask, before.ask), exceeds(before.ask, reservation.ask)].flat().length > 0;
  return { reservation, notes: differs ? counted.notes : [] };
}

/**
 * What is news is told before it is written: a process that dies in between tells it again, and that is one Event.
 *
 * @param run with its whole status
 * @param learned names of tasks of which nothing was known, and that Tekton has resolved
 * @returns the StatefulSet as it is then
 */
export async function reserveAgain(
  run: PipelineRun,
  observed: Observed,
  learned: readonly string[],
  parts: Needed,
  teller: TellLater,
): Promise<V1StatefulSet> {
  const seen = observed.statefulSet!;
  const { reservation, notes } = await countedAgain(parts, run, observed, reservationOf(seen), learned);
  if (notes.length > 0) {
    const message = [`Known now that Tekton has resolved it: ${learned.join(", ")}.`, ...notes].join(" ");
    teller.tellLater(run, [{ type: "Normal", reason: "ReservedAgain", message }]);
  }
  return parts.cluster.placeholders.reserve(seen, reservation);
}
