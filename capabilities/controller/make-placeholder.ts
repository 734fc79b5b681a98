/** Reads what a placeholder is made from, has it decided, and makes it. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { dependsOnLimits, withAllowedChoices } from "../placement/allowed-choices";
import type { Settings } from "../choices/settings";
import { sizeOf } from "../demand/allowance";
import type { TektonDefaults } from "../demand/tekton-defaults";
import type { Cluster } from "../kube/cluster";
import { claimsInUse, type Observed } from "../phases/observed";
import { claimsTogether } from "../placement/claims-together";
import { namedBy, planOf, readableClaims, type Plan } from "../placement/plan";
import { recordOf } from "../placement/record";
import { placesOf, type Places } from "../placement/volume-places";
import { claimsIn, volumesOf } from "../placement/volumes";
import type { PipelineRun } from "../tekton/objects";
import type { Warning } from "../tekton/warning";
import { LARGE_CHARACTERS, onceAt } from "./attempts";

export interface Surroundings {
  cluster: Cluster;
  settings: Settings;
  /** Tekton's. */
  defaults: TektonDefaults;
  /** Keeps what people are to be told of the reservation, in sentences. */
  note: (text: string) => void;
  /** Called before anything is made of a run that, with what it names, is large. */
  beforeLarge: (characters: number) => Promise<void>;
}

/** Choices may have been changed since the run was admitted. */
async function withinLimits(run: PipelineRun, { cluster, settings }: Surroundings) {
  if (!dependsOnLimits(run, settings)) return { run, warnings: [] };
  const namespace = await cluster.surroundings.readNamespace(run.metadata!.namespace!);
  return withAllowedChoices(run, settings, namespace?.metadata?.annotations);
}

async function planFor(
  run: PipelineRun,
  observed: Observed,
  { cluster, settings, defaults, beforeLarge }: Surroundings,
): Promise<Plan> {
  const onRead = onceAt(LARGE_CHARACTERS, beforeLarge);
  await onRead(sizeOf(run.spec));
  const { definitions, bounds } = await cluster.surroundings.demandSources(run, { defaults, onRead });
  const named = namedBy(run, definitions);
  // Those that Tekton has made for the run count as well.
  const names = [...new Set([...named.claims.names, ...claimsInUse(observed)])];
  const claims = { ...named.claims, names };
  const hasTemplates = claims.templates.length > 0;
  const [runtimeClasses, priorities, storage] = [
    await cluster.surroundings.runtimeClasses(named.runtimeClasses),
    await cluster.surroundings.priorities(named.priorityClasses),
    await cluster.surroundings.storageFor(run.metadata!.namespace!, readableClaims(claims), hasTemplates),
  ];
  const sources = { definitions, bounds, runtimeClasses, priorities, storage };
  const plan = planOf(run, { ...named, claims }, sources, settings);
  if (!plan.dependsOnNodes) return plan;
  return planOf(
    run,
    { ...named, claims },
    { ...sources, nodes: await cluster.surroundings.nodes() },
    settings,
  );
}

/** Where the volumes of its run are that its template does not know the place of, those among them that Tekton made. */
export async function placesAgain(
  statefulSet: V1StatefulSet,
  observed: Observed,
  cluster: Cluster,
): Promise<Places> {
  const { metadata, spec } = statefulSet;
  const { placing, claims: known = [] } = recordOf(statefulSet);
  const all = new Set([...claimsIn(spec?.template.spec?.volumes), ...claimsInUse(observed)]);
  const names = [...all].filter(name => !known.includes(name));
  if (names.length === 0) return { volumes: [], terms: [], claims: [] };
  const storage = await cluster.surroundings.storageFor(metadata!.namespace!, names, false);
  const topologyKey = placing["topology-key"];
  const { volumes } = volumesOf({ names, templates: [] }, storage);
  const { volumes: together } = claimsTogether({ volumes, templates: [] }, storage, {}, topologyKey);
  return placesOf(together, storage, topologyKey);
}

export type Outcome =
  | { made: V1StatefulSet; warnings: Warning[] }
  /** In the API server's words. */
  | { refusal: string; warnings: Warning[] }
  /** No node can serve the run. */
  | { contradictions: string[]; warnings: Warning[] };

/**
 * @param given with its whole spec
 */
export async function makePlaceholder(
  given: PipelineRun,
  observed: Observed,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { run, warnings: limits } = await withinLimits(given, surroundings);
  const plan = await planFor(run, observed, surroundings);
  const { contradictions, refusal } = plan;
  const warnings = [...limits, ...plan.advice];
  if (contradictions.length > 0) return { contradictions, warnings: [...plan.warnings, ...warnings] };
  if (refusal !== undefined) return { refusal, warnings };
  surroundings.note(plan.notes.join(" "));
  const { cluster } = surroundings;
  if (plan.priorityClass !== undefined) await cluster.surroundings.ensurePriorityClass(plan.priorityClass);
  const made = await cluster.placeholders.create(plan.placeholder);
  return "refusal" in made ? { refusal: made.refusal, warnings } : { made, warnings };
}
