/** Counts anew what a run that is under way needs, as Tekton has resolved it, and what quotas allow of that. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { Log } from "pepr";
import { BUILT_IN_CHOICES } from "../choices/choices";
import { floorOf } from "../choices/settings";
import { sizeOf } from "../demand/allowance";
import { UNREAD_PIPELINE } from "../demand/expand";
import type { PipelineSpec } from "../demand/pipeline-spec";
import { countedResources, exceeds, sum, type Resources } from "../demand/resources";
import type { OnRead } from "../kube/definitions";
import type { Observed } from "../phases/observed";
import { demandOf, namedBy } from "../placement/plan";
import { notAskedAgain, revised } from "../room/learned";
import { withoutOwn, type NamespaceBounds } from "../room/namespace-bounds";
import { prefixesOf } from "../room/paths";
import { reservationOf } from "../room/placeholder-size";
import { podRequests } from "../room/pod-requests";
import { countingPod, type CountedPod } from "../room/quota-scopes";
import { cappedAgain, reservationFor, type Reservation } from "../room/reservation";
import type { PipelineRun } from "../tekton/objects";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { LARGE_CHARACTERS, onceAt } from "./attempts";
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

/** As quotas see a placeholder, of whose template the store does not know all. */
const PLACED: CountedPod = {
  hasDeadline: false,
  isBestEffort: false,
  priorityClassName: undefined,
  looksAtOthers: undefined,
};

type Needed = Pick<Parts, "cluster" | "settings" | "tektonDefaults">;

/** What live pods of the run ask for, its placeholder's among them, and of that the overhead of its RuntimeClass. */
const usedBy = ({ pods }: Observed): { own: Resources; overhead: Resources } => ({
  own: sum(...pods.map(podRequests)),
  overhead: countedResources(pods.find(isPlaceholderPod)?.spec?.overhead),
});

/** What the namespace allows, as if the run had used nothing of it. */
function withoutUseOf(observed: Observed, bounds: NamespaceBounds): NamespaceBounds {
  const quotas = countingPod(bounds.quotas, PLACED);
  return { ...bounds, quotas: withoutOwn(quotas, usedBy(observed).own) };
}

/** @returns what it is to keep from now on; in sentences for people, if that is news */
async function countedAgain(
  { cluster, settings, tektonDefaults }: Needed,
  run: PipelineRun,
  observed: Observed,
  before: Reservation,
  learned: readonly string[],
  onRead: OnRead,
): Promise<{ reservation: Reservation; notes: string[] }> {
  const isRootAlone = learned.every(name => name === UNREAD_PIPELINE);
  const { namespace, name } = run.metadata!;
  const children = isRootAlone ? [] : await cluster.childRuns({ namespace: namespace!, name: name! });
  const resolvedPipelines = specsByPath(run, children);
  await onRead([run, ...children].reduce((sum, one) => sum + sizeOf(one.spec) + sizeOf(one.status), 0));
  const reading = { defaults: tektonDefaults(), resolvedPipelines, onRead };
  const { definitions, bounds } = await cluster.surroundings.demandSources(run, reading);
  const named = namedBy(run, definitions);
  const runtimeClasses = await cluster.surroundings.runtimeClasses(named.runtimeClasses);
  const graph = demandOf(run, { ...named.known, runtimeClasses }, definitions, settings);
  const limits = withoutUseOf(observed, bounds);
  // Only what is kept by the built-in choices has tasks, and so any of which nothing is known.
  const counted = reservationFor(
    graph,
    BUILT_IN_CHOICES,
    floorOf(settings),
    limits,
    usedBy(observed).overhead,
  );
  const reservation = revised(before, counted.reservation, learned);
  const differs =
    [exceeds(reservation.ask, before.ask), exceeds(before.ask, reservation.ask)].flat().length > 0;
  return { reservation, notes: differs ? counted.notes : [] };
}

/**
 * What is news is told before it is written: a process that dies in between tells it again, and that is one Event. That a
 * large run is counted is written before it is: should it cost this process its life, no other tries, and the run goes on
 * with what it has.
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
  let seen = observed.statefulSet!;
  const before = reservationOf(seen);
  const onRead = onceAt(LARGE_CHARACTERS, async characters => {
    const about = { run: `${run.metadata!.namespace}/${run.metadata!.name}`, characters };
    Log.info(about, "A large run: what Tekton has resolved of it is counted now, and once");
    seen = await parts.cluster.placeholders.reserve(seen, notAskedAgain(before, learned));
  });
  let counted;
  try {
    counted = await countedAgain(parts, run, observed, before, learned, onRead);
  } catch (error) {
    // This process lives, and tries again.
    if (seen !== observed.statefulSet) await parts.cluster.placeholders.reserve(seen, before);
    throw error;
  }
  const { reservation, notes } = counted;
  if (notes.length > 0) {
    const message = [`Known now that Tekton has resolved it: ${learned.join(", ")}.`, ...notes].join(" ");
    teller.tellLater(run, [{ type: "Normal", reason: "ReservedAgain", message }]);
  }
  return parts.cluster.placeholders.reserve(seen, reservation);
}

/** Asks for what quotas had no room for when its placeholder was made. What it comes to is told if that is news. */
export async function capAgain(
  observed: Observed,
  { cluster }: Pick<Parts, "cluster">,
  teller: TellLater,
): Promise<V1StatefulSet> {
  const seen = observed.statefulSet!;
  const before = reservationOf(seen);
  const { reservation, notes } = cappedAgain(
    before,
    withoutUseOf(observed, await cluster.surroundings.bounds(seen.metadata!.namespace!)),
    usedBy(observed).overhead,
    new Date(),
  );
  if (notes.length > 0) {
    teller.tellLater(observed.run, [{ type: "Normal", reason: "ReservedAgain", message: notes.join(" ") }]);
  }
  return cluster.placeholders.reserve(seen, reservation);
}
