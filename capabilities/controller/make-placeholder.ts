/** Reads what a placeholder is made from, has it decided, and makes it or changes its template. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { choicesOf } from "../choices/choices";
import { floorOf, unknownTaskOf, type Settings } from "../choices/settings";
import { sizeOf } from "../demand/allowance";
import { taskGraph } from "../demand/task-graph";
import type { Cluster } from "../kube/cluster";
import { claimsInUse, type Observed } from "../phases/observed";
import type { Warning } from "../tekton/warning";
import { placeholderFor } from "../placement/placeholder";
import { priorityClassNames, unitePodTemplates } from "../placement/pod-templates";
import { canBeRead, claimNames, volumesOf, type Volumes } from "../placement/volumes";
import { needsLimits } from "../room/namespace-bounds";
import { reservationFor } from "../room/reservation";
import { OPT_IN_LABEL, OPTED_OUT } from "../keys";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import { LARGE_CHARACTERS, onceAt } from "./attempts";

/** @returns what the placeholder takes over; priority classes are looked up only when there are several */
export async function templateFor(
  run: PipelineRun,
  cluster: Cluster,
): Promise<{ template: PodTemplate; contradictions: string[] }> {
  const names = priorityClassNames(run.spec);
  const values = new Map<string | undefined, number>();
  if (names.length > 1) {
    for (const name of names) {
      values.set(name, await (name === undefined ? cluster.defaultPriority() : cluster.priorityOf(name)));
    }
  }
  return unitePodTemplates(run.spec, name => values.get(name) ?? 0);
}

/** The volumes that count when a node is looked for, those that Tekton has made for the run among them. */
export async function volumesFor(run: PipelineRun, observed: Observed, cluster: Cluster): Promise<Volumes> {
  const made = claimsInUse(observed);
  const known = claimNames(run).filter(canBeRead);
  return volumesOf(run, await cluster.storageFor(run, [...new Set([...known, ...made])]), made);
}

function contradictionWarning(contradictions: string[]): Warning {
  return {
    reason: "ContradictingPodTemplates",
    message:
      `The run waits, because no one node can serve all of its pods: ${contradictions.join("; ")}. ` +
      `Cancel it and change its pod templates, or let it run without co-location by setting its label ` +
      `${OPT_IN_LABEL} to "${OPTED_OUT}".`,
  };
}

export type Outcome =
  | { made: V1StatefulSet; warnings: Warning[] }
  /** In the API server's words. */
  | { refusal: string; warnings: Warning[] }
  /** No node can serve the run. */
  | { contradictions: string[]; warnings: Warning[] };

export interface Surroundings {
  cluster: Cluster;
  settings: Settings;
  /** No answer is waited for. */
  tell: (warnings: readonly Warning[]) => void;
  /** Called before anything is made of a run that, with what it names, is large. */
  beforeLarge: (characters: number) => Promise<void>;
}

/**
 * What it asks for is told before it is made: a process that dies in between tells it again, and that is one Event.
 *
 * @param run with its whole spec
 */
export async function makePlaceholder(
  run: PipelineRun,
  observed: Observed,
  { cluster, settings, tell, beforeLarge }: Surroundings,
): Promise<Outcome> {
  const onRead = onceAt(LARGE_CHARACTERS, beforeLarge);
  await onRead(sizeOf(run.spec));
  const { template, contradictions } = await templateFor(run, cluster);
  if (contradictions.length > 0) {
    return { contradictions, warnings: [contradictionWarning(contradictions)] };
  }
  const { definitions, bounds } = await cluster.demandSources(run, { onRead });
  const graph = taskGraph(run, definitions, unknownTaskOf(settings));
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const { reservation, notes } = reservationFor(
    graph,
    choices,
    floorOf(settings),
    bounds,
    definitions.runtimeOverhead,
  );
  const { volumes, ...said } = await volumesFor(run, observed, cluster);
  const surroundings = { limits: needsLimits(bounds), volumes };
  const message = [...notes, ...said.notes].join(" ");
  if (message !== "") tell([{ type: "Normal", reason: "Reserved", message }]);
  const made = await cluster.placeholders.create(
    placeholderFor(run, template, settings, reservation, surroundings),
  );
  if ("refusal" in made) return { refusal: made.refusal, warnings: said.warnings };
  return { made, warnings: said.warnings };
}
