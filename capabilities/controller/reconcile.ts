/** Observe a run, decide on the next step, carry it out. */
import type { V1Pod } from "@kubernetes/client-node";
import { Log } from "pepr";
import type { Cluster, RunKey } from "../kube/cluster";
import { describeError, isResizeRefused } from "../kube/errors";
import { floorOf, unknownTaskOf, type Settings } from "../choices/settings";
import { choicesOf } from "../choices/choices";
import { needsLimits } from "../room/namespace-bounds";
import { withLookAgain } from "./look-again";
import { dependsOnNodes } from "../placement/never-fits";
import { nextStep, type Step } from "./next-step";
import { claimsInUse, type Observed } from "./observed";
import { firstTemplate, pinnedTemplate, settledTemplate } from "../placement/placeholder-template";
import { hasLimits, requestedBy, reservationOf, resizedResources } from "../placement/placeholder-size";
import { placeholderFor } from "../placement/placeholder";
import { priorityClassNames, unitePodTemplates } from "../placement/pod-templates";
import { reservationFor, withAsk } from "../room/reservation";
import { canBeRead, claimNames, volumesOf, type Volumes } from "../placement/volumes";
import { exceeds } from "../demand/resources";
import { taskGraph } from "../demand/task-graph";
import { placeholdersRefused, resizesRefused } from "./metrics";
import type { PipelineRun, PodTemplate } from "../tekton/objects";

type Sized = Extract<Step, { kind: "resize" | "withdraw-growth" }>;

/** @returns what the placeholder takes over; priority classes are looked up only when there are several */
async function templateFor(run: PipelineRun, cluster: Cluster): Promise<PodTemplate> {
  const names = priorityClassNames(run.spec);
  const values = new Map<string | undefined, number>();
  if (names.length > 1) {
    for (const name of names) {
      values.set(name, await (name === undefined ? cluster.defaultPriority() : cluster.priorityOf(name)));
    }
  }
  return unitePodTemplates(run.spec, name => values.get(name) ?? 0).template;
}

/** The volumes that count when a node is looked for, those that Tekton has made for the run among them. */
async function volumesFor(observed: Observed, cluster: Cluster): Promise<Volumes> {
  const run = observed.run!;
  const made = claimsInUse(observed);
  const known = claimNames(run).filter(canBeRead);
  return volumesOf(run, await cluster.storageFor(run, [...new Set([...known, ...made])]), made);
}

/**
 * Makes the placeholder, and says on the run what it asks for.
 *
 * @returns why it is refused, if it is
 */
async function makePlaceholder(
  observed: Observed,
  cluster: Cluster,
  settings: Settings,
): Promise<string | undefined> {
  const run = observed.run!;
  const { definitions, bounds } = await cluster.demandSources(run);
  const graph = taskGraph(run, definitions, unknownTaskOf(settings));
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const { runtimeOverhead } = definitions;
  const { reservation, notes } = reservationFor(graph, choices, floorOf(settings), bounds, runtimeOverhead);
  const template = await templateFor(run, cluster);
  const { volumes, ...said } = await volumesFor(observed, cluster);
  for (const warning of said.warnings) await cluster.runs.warn(run, warning, new Date());
  const surroundings = { limits: needsLimits(bounds), volumes };
  const wanted = placeholderFor(run, template, settings, reservation, surroundings);
  const refusal = await cluster.placeholders.create(wanted);
  const message = [...notes, ...said.notes].join(" ");
  if (refusal === undefined && message !== "") {
    await cluster.runs.warn(run, { type: "Normal", reason: "Reserved", message }, new Date());
  }
  return refusal;
}

/** Whether the log has said that placeholders cannot be resized: it is so for all of them, or for none. */
let saidNoResize = false;

async function resize(step: Sized, observed: Observed, cluster: Cluster): Promise<void> {
  const { namespace, name } = observed.run!.metadata!;
  const statefulSet = observed.statefulSet!;
  const grows = exceeds(step.size, requestedBy(step.pod.spec!)).length > 0;
  try {
    await cluster.placeholders.resizePod(
      step.pod,
      resizedResources(step.pod, step.size, hasLimits(statefulSet)),
    );
  } catch (error) {
    if (!isResizeRefused(error)) throw error;
    resizesRefused.inc({ direction: grows ? "growth" : "shrink" });
    if (grows) return cluster.placeholders.noteGrowthRefused(statefulSet, new Date());
    const why = "A placeholder cannot be resized in place: a small one takes its place and keeps no room";
    if (!saidNoResize) Log.warn({ run: `${namespace}/${name}`, error: describeError(error) }, why);
    saidNoResize = true;
    await replaceByFloor(step.pod, observed, cluster);
  }
}

/** Its run is not kept from running by what cannot be handed over. */
async function replaceByFloor(pod: V1Pod, { run, statefulSet }: Observed, cluster: Cluster): Promise<void> {
  const { floor } = reservationOf(statefulSet!);
  const small = { ask: floor, floor, firstWave: {}, tasks: [] };
  const template = await templateFor(run!, cluster);
  const change = pinnedTemplate(run!, template, statefulSet!, pod.spec!.nodeName!, floor);
  await cluster.placeholders.changeTemplate(statefulSet!, change, small);
}

/** @returns what of what was seen is known to be different now; undefined when only a look can tell */
async function carryOut(
  step: Step,
  observed: Observed,
  cluster: Cluster,
  settings: Settings,
): Promise<Partial<Observed> | undefined> {
  const { run, statefulSet } = observed;
  switch (step.kind) {
    case "none":
    case "wait":
      return undefined;
    case "make-placeholder": {
      const refusal = await makePlaceholder(observed, cluster, settings);
      return refusal === undefined ? undefined : { refusal };
    }
    case "settle-placeholder": {
      const change = settledTemplate(run!, await templateFor(run!, cluster), statefulSet!);
      return { statefulSet: await cluster.placeholders.changeTemplate(statefulSet!, change) };
    }
    case "pin-placeholder": {
      const { node, size } = step;
      const change = pinnedTemplate(run!, await templateFor(run!, cluster), statefulSet!, node, size);
      return { statefulSet: await cluster.placeholders.changeTemplate(statefulSet!, change) };
    }
    case "start-over": {
      const change = firstTemplate(run!, await templateFor(run!, cluster), statefulSet!, step.ask);
      const { volumes } = await volumesFor(observed, cluster);
      const reservation = withAsk(reservationOf(statefulSet!), step.ask);
      await cluster.placeholders.changeTemplate(statefulSet!, { ...change, volumes }, reservation);
      await cluster.placeholders.deletePod(step.pod);
      return undefined;
    }
    case "remake-pod":
      await cluster.placeholders.deletePod(step.pod);
      return undefined;
    case "resize":
      await resize(step, observed, cluster);
      return undefined;
    case "withdraw-growth":
      await cluster.placeholders.noteGrowthRefused(statefulSet!, new Date());
      await resize(step, observed, cluster);
      return undefined;
    case "release":
      await cluster.runs.release(run!, step.placeholder, step.node);
      return undefined;
    case "let-go":
      await cluster.runs.letGo(run!);
      return undefined;
    case "cancel":
      await cluster.runs.cancel(run!);
      return undefined;
    case "delete-placeholder":
      await cluster.placeholders.delete(statefulSet!);
      return undefined;
  }
}

async function take(step: Step, observed: Observed, cluster: Cluster, settings: Settings) {
  const { namespace, name } = observed.run?.metadata ?? observed.statefulSet?.metadata ?? {};
  const about = { namespace, name, step: step.kind, why: step.why };
  Log.debug(about, "Next step");
  for (const warning of step.warnings ?? []) {
    const isNews = await cluster.runs.warn(observed.run!, warning, new Date());
    if (isNews && warning.refused !== undefined) placeholdersRefused.inc({ reason: warning.refused });
  }
  const changed = await carryOut(step, observed, cluster, settings);
  if (step.kind !== "none" && step.kind !== "wait" && changed?.refusal === undefined) Log.info(about, "Done");
  return changed;
}

async function observe(key: RunKey, cluster: Cluster, settings: Settings): Promise<Observed> {
  const observed = await cluster.observe(key);
  return dependsOnNodes(observed, settings.AUTOSCALER)
    ? { ...observed, nodes: await cluster.nodes() }
    : observed;
}

/** More in a row would be a step that undoes another. */
const MOST_STEPS = 4;

/**
 * Steps of which it is known what they changed follow one another without a new look: their writes are guarded.
 *
 * @returns milliseconds after which to look again; undefined when events will tell
 * @throws whatever keeps a step from being carried out; a change meanwhile (isOutdated) among it
 */
export async function reconcile(
  key: RunKey,
  cluster: Cluster,
  settings: Settings,
): Promise<number | undefined> {
  let observed = await observe(key, cluster, settings);
  for (let steps = 1; ; steps++) {
    const step = withLookAgain(nextStep(observed, settings, new Date()));
    const changed = await take(step, observed, cluster, settings);
    if (changed === undefined || steps === MOST_STEPS) {
      return step.lookAgainSeconds === undefined ? undefined : step.lookAgainSeconds * 1000;
    }
    observed = { ...observed, ...changed };
  }
}
