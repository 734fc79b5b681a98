/** Reads what a placeholder is made from, has it decided, and makes it. */
import type { V1StatefulSet, V1Volume } from "@kubernetes/client-node";
import type { Settings } from "../choices/settings";
import type { TektonDefaults } from "../demand/tekton-defaults";
import type { Cluster } from "../kube/cluster";
import { claimsInUse, type Observed } from "../phases/observed";
import { claimsTogether } from "../placement/claims-together";
import { namedBy, planOf, readableClaims, type Plan } from "../placement/plan";
import { recordOf } from "../placement/record";
import { claimsIn, volumesOf } from "../placement/volumes";
import type { PipelineRun } from "../tekton/objects";
import type { Warning } from "../tekton/warning";

/** @param run with its whole spec */
async function planFor(
  run: PipelineRun,
  observed: Observed,
  defaults: TektonDefaults,
  cluster: Cluster,
  settings: Settings,
): Promise<Plan> {
  const { definitions, bounds } = await cluster.demandSources(run, defaults);
  const named = namedBy(run, definitions);
  // Those that Tekton has made for the run count as well.
  const names = [...new Set([...named.claims.names, ...claimsInUse(observed)])];
  const claims = { ...named.claims, names };
  const hasTemplates = claims.templates.length > 0;
  const [runtimeClasses, priorities, storage] = [
    await cluster.runtimeClasses(named.runtimeClasses),
    await cluster.priorities(named.priorityClasses),
    await cluster.storageFor(run.metadata!.namespace!, readableClaims(claims), hasTemplates),
  ];
  const sources = { definitions, bounds, runtimeClasses, priorities, storage };
  return planOf(run, { ...named, claims }, sources, settings);
}

/** The volumes of a placeholder that looks for a node anew: with the claims that Tekton has made for its run meanwhile. */
export async function volumesAgain(observed: Observed, cluster: Cluster): Promise<V1Volume[]> {
  const { metadata, spec } = observed.statefulSet!;
  const names = [...new Set([...claimsIn(spec?.template.spec?.volumes), ...claimsInUse(observed)])];
  if (names.length === 0) return [];
  const storage = await cluster.storageFor(metadata!.namespace!, names, false);
  const { volumes } = volumesOf({ names, templates: [] }, storage);
  const { placing } = recordOf(observed.statefulSet!);
  return claimsTogether(volumes, storage, {}, placing["topology-key"]).volumes;
}

export type Outcome =
  | { made: V1StatefulSet; warnings: Warning[] }
  /** In the API server's words. */
  | { refusal: string; warnings: Warning[] }
  /** No node can serve the run. */
  | { contradictions: string[]; warnings: Warning[] };

/** @param run with its whole spec */
export async function makePlaceholder(
  run: PipelineRun,
  observed: Observed,
  defaults: TektonDefaults,
  cluster: Cluster,
  settings: Settings,
): Promise<Outcome> {
  const plan = await planFor(run, observed, defaults, cluster, settings);
  const { contradictions, refusal, advice: warnings } = plan;
  if (contradictions.length > 0) return { contradictions, warnings: [...plan.warnings, ...warnings] };
  if (refusal !== undefined) return { refusal, warnings };
  const made = await cluster.placeholders.create(plan.placeholder);
  if ("refusal" in made) return { refusal: made.refusal, warnings };
  const message = plan.notes.join(" ");
  const reserved: Warning[] = message === "" ? [] : [{ type: "Normal", reason: "Reserved", message }];
  return { made, warnings: [...warnings, ...reserved] };
}
