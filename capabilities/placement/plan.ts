/** All that is decided when a placeholder is made: one function for the controller, which makes it, and for previews. */
import type { V1PriorityClass, V1StatefulSet } from "@kubernetes/client-node";
import { choicesOf } from "../choices/choices";
import { floorOf, unknownTaskOf, type Settings } from "../choices/settings";
import { MOST_CLASSES } from "../demand/limits";
import { taskGraph, type Definitions, type TaskGraph } from "../demand/task-graph";
import { OPT_IN_LABEL, OPTED_OUT } from "../keys";
import { needsLimits, type NamespaceBounds } from "../room/namespace-bounds";
import { refusedByPodQuota } from "../room/pod-quota";
import { countsPod } from "../room/quota-scopes";
import { reservationFor } from "../room/reservation";
import type { PipelineRun } from "../tekton/objects";
import type { Warning } from "../tekton/warning";
import { claimsOf, type ClaimsOfRun } from "./claims";
import { claimsTogether } from "./claims-together";
import { affinityAtFirst, placeholderFor } from "./placeholder";
import { hasBeenLetGo } from "./placeholder-affinity";
import {
  overheadOf,
  overheadsOf,
  podsOf,
  priorityClassNames,
  runtimeClassNames,
  unitePodTemplates,
  withOverheads,
  type KnownOfRun,
  type RuntimeClasses,
} from "./pod-templates";
import { NO_PRIORITY, patient, type Priorities } from "./priority";
import { canBeRead, volumesOf, type Storage } from "./volumes";

/** What of the run's own definitions names further objects. */
export interface Named {
  known: KnownOfRun;
  runtimeClasses: string[];
  /** Undefined among them stands for the default. */
  priorityClasses: (string | undefined)[];
  claims: ClaimsOfRun;
}

/** @param run with its whole spec */
export function namedBy(run: PipelineRun, definitions: Definitions): Named {
  const known: KnownOfRun = {
    ...(run.metadata && { metadata: run.metadata }),
    pods: podsOf(run, definitions),
  };
  const priorityClasses = priorityClassNames(run.spec, known).slice(0, MOST_CLASSES);
  return {
    known,
    runtimeClasses: runtimeClassNames(run.spec, known).slice(0, MOST_CLASSES),
    priorityClasses: priorityClasses.length > 0 ? priorityClasses : [undefined],
    claims: claimsOf(run, known),
  };
}

/** The claims whose objects decide something. */
export const readableClaims = ({ names }: ClaimsOfRun): string[] => names.filter(canBeRead);

export interface Sources {
  definitions: Definitions;
  bounds: NamespaceBounds;
  runtimeClasses: RuntimeClasses;
  /** Of the classes that namedBy found. */
  priorities: Priorities;
  storage: Storage;
}

export interface Plan {
  graph: TaskGraph;
  /** With the RuntimeClasses. */
  known: KnownOfRun;
  placeholder: V1StatefulSet;
  /** The class that has to be there before the placeholder, see priority.ts. */
  priorityClass: V1PriorityClass | undefined;
  /** Why no one node can serve the run: then no placeholder is made. */
  contradictions: string[];
  /** In Kubernetes' words, why there is no room for a placeholder in its namespace. */
  refusal: string | undefined;
  /** What is said of the contradictions. */
  warnings: Warning[];
  /** What is said however the run goes on. */
  advice: Warning[];
  /** Sentences for people. */
  notes: string[];
  /** The one of the notes that says what the placeholder asks for. */
  asks: string | undefined;
}

const LET_IT_RUN = `or let it run without co-location by setting its label ${OPT_IN_LABEL} to "${OPTED_OUT}"`;

const contradictionWarning = (reason: string, contradictions: string[], whatToDo: string): Warning[] =>
  contradictions.length === 0
    ? []
    : [
        {
          reason,
          message:
            `The run waits, because no one node can serve all of its pods: ${contradictions.join("; ")}. ` +
            `Cancel it and ${whatToDo}, ${LET_IT_RUN}.`,
        },
      ];

/**
 * What the run's tasks ask for, each with what its RuntimeClass adds.
 *
 * @param known with the RuntimeClasses
 */
export const demandOf = (
  run: PipelineRun,
  known: KnownOfRun,
  definitions: Definitions,
  settings: Settings,
): TaskGraph =>
  withOverheads(taskGraph(run, definitions, unknownTaskOf(settings)), overheadsOf(run.spec, known));

/**
 * @param named what namedBy found for the same run and definitions
 * @throws InvalidQuantity when a RuntimeClass has an overhead that cannot be read
 */
export function planOf(run: PipelineRun, named: Named, sources: Sources, settings: Settings): Plan {
  const { definitions, bounds, runtimeClasses, priorities, storage } = sources;
  const known: KnownOfRun = { ...named.known, runtimeClasses };
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const united = unitePodTemplates(run.spec, name => (priorities.get(name) ?? NO_PRIORITY).value, known);
  const { template, priorityClass } = patient(united.template, priorities, settings);
  const graph = demandOf(run, known, definitions, settings);
  const overhead = overheadOf(template.runtimeClassName, runtimeClasses);
  const scoped = { ...template, affinity: affinityAtFirst(run, template) };
  // What does not count the placeholder does not bound it.
  const own = { ...bounds, quotas: bounds.quotas.filter(quota => countsPod(quota, scoped)) };
  const reserving = reservationFor(graph, choices, floorOf(settings), own, overhead);
  const declared = volumesOf(named.claims, storage);
  const together = claimsTogether(declared.volumes, storage, template, choices["topology-key"]);
  return {
    graph,
    known,
    placeholder: placeholderFor(run, template, settings, reserving.reservation, {
      limits: needsLimits(own),
      volumes: together.volumes,
      managedBy: united.speaksOfTektonsPods ? null : definitions.managedBy,
    }),
    priorityClass,
    contradictions: [...united.contradictions, ...together.contradictions],
    refusal: hasBeenLetGo(run) ? undefined : refusedByPodQuota(own.quotas, scoped),
    warnings: [
      ...contradictionWarning("ContradictingPodTemplates", united.contradictions, "change its pod templates"),
      ...contradictionWarning("ContradictingClaims", together.contradictions, "use claims of one place"),
    ],
    advice: declared.warnings,
    notes: [...reserving.notes, ...united.notes, ...declared.notes, ...together.notes],
    asks: reserving.asks,
  };
}
