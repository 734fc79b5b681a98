/** Observe a run, decide on the next step, carry it out. */
import { Log } from "pepr";
import type { Cluster, RunKey } from "./cluster";
import type { Settings } from "./config";
import { nextStep, type Step } from "./decide/next-step";
import type { Observed } from "./decide/observed";
import { placeholderFor, settledAffinity } from "./decide/placeholder";
import { priorityClassNames, unitePodTemplates } from "./decide/pod-templates";
import type { PipelineRun, PodTemplate } from "./tekton";

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

async function carryOut(step: Step, observed: Observed, cluster: Cluster, settings: Settings): Promise<void> {
  const { run, statefulSet } = observed;
  switch (step.kind) {
    case "none":
    case "wait":
      return;
    case "make-placeholder":
      return cluster.createPlaceholder(placeholderFor(run!, await templateFor(run!, cluster), settings));
    case "settle-placeholder":
      return cluster.replaceAffinity(statefulSet!, settledAffinity(run!, await templateFor(run!, cluster)));
    case "release":
      return cluster.release(run!, step.placeholder, step.node);
    case "let-go":
      return cluster.letGo(run!);
    case "delete-placeholder":
      return cluster.deletePlaceholder(statefulSet!);
  }
}

/**
 * @returns milliseconds after which to look again; undefined when events will tell
 * @throws whatever keeps the step from being carried out; a change meanwhile (isOutdated) among it
 */
export async function reconcile(
  key: RunKey,
  cluster: Cluster,
  settings: Settings,
): Promise<number | undefined> {
  const observed = await cluster.observe(key);
  const step = nextStep(observed, settings.TEKTON_NAMESPACE);
  Log.debug({ ...key, step: step.kind, why: step.why }, "Next step");
  for (const warning of step.warnings ?? []) await cluster.warn(observed.run!, warning, new Date());
  await carryOut(step, observed, cluster, settings);
  if (step.kind !== "none" && step.kind !== "wait") {
    Log.info({ ...key, step: step.kind, why: step.why }, "Done");
  }
  return step.kind === "wait" && step.lookAgainSeconds !== undefined
    ? step.lookAgainSeconds * 1000
    : undefined;
}
