/** All that is decided when a placeholder is made: one function for the controller, which makes it, and for previews. */
import type { V1PriorityClass, V1StatefulSet } from "@kubernetes/client-node";
import { choicesOf } from "../choices/choices";
import { floorOf, unknownTaskOf, type Settings } from "../choices/settings";
import { MOST_CLASSES } from "../demand/limits";
import { taskGraph, type Definitions, type TaskGraph } from "../demand/task-graph";
import { OPT_IN_LABEL, OPTED_OUT } from "../keys";
import { needsLimits, type NamespaceBounds } from "../room/namespace-bounds";
import { refusedByObjectQuota } from "../room/object-quota";
import { countingPod, crossesNamespaces, demandedOfContainers, type CountedPod } from "../room/quota-scopes";
import { reservationFor } from "../room/reservation";
import type { PipelineRun, PodTemplate } from "../tekton/objects";
import type { Warning } from "../tekton/warning";
import { claimsOf, type ClaimsOfRun } from "./claims";
import { claimsTogether, type Together } from "./claims-together";
import type { NodeSummary } from "./never-fits";
import { placeholderFor } from "./placeholder";
import { decidedAffinity, hasBeenLetGo } from "./placeholder-affinity";
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
  type UnitedTemplate,
} from "./pod-templates";
import { NO_PRIORITY, patient, type Priorities } from "./priority";
import { placingOf, type Placing } from "./record";
import { placesOf, withPlaces } from "./volume-places";
import { canBeRead, volumesOf, type Storage } from "./volumes";
import { valuesWithAll, within, type Kind } from "./zones";

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
  /** All of the cluster: asked for only where the plan without them depends on them. */
  nodes?: readonly NodeSummary[];
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
  /** Another plan may come of it once the nodes are known. */
  dependsOnNodes: boolean;
}

const LET_IT_RUN = `or let it run without co-location by setting its label ${OPT_IN_LABEL} to "${OPTED_OUT}"`;

const contradictionWarning = (
  reason: Warning["reason"],
  contradictions: string[],
  whatToDo: string,
): Warning[] =>
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

/** As quotas see the placeholder. */
const countedPod = (template: PodTemplate, placing: Placing): CountedPod => ({
  hasDeadline: false,
  isBestEffort: false,
  priorityClassName: template.priorityClassName,
  looksAtOthers: crossesNamespaces(decidedAffinity(template, placing)),
});

/** What nodes side by side have to offer; none where one node can serve the run. */
function kindsApart(united: UnitedTemplate, together: Together): Kind[] {
  if (united.apart.length === 0 && together.apart.length === 0) return [];
  return [...(united.apart.length > 0 ? united.apart : [united.template]), ...together.apart];
}

const MOST_VALUES = 10;
const listed = (values: readonly string[]): string =>
  values.slice(0, MOST_VALUES).join(", ") +
  (values.length > MOST_VALUES ? ` and ${values.length - MOST_VALUES} more` : "");

/** Where no zone has all of them now, an autoscaler may make them: the placeholder goes anywhere. */
function inZonesWithAll(
  template: PodTemplate,
  kinds: readonly Kind[],
  nodes: readonly NodeSummary[] | undefined,
  topologyKey: string,
): { template: PodTemplate; notes: string[] } {
  if (kinds.length === 0 || nodes === undefined) return { template, notes: [] };
  const values = valuesWithAll(kinds, nodes, topologyKey);
  if (values.length === 0) {
    return { template, notes: [`No ${topologyKey} has nodes of all of these kinds now.`] };
  }
  const notes = [`It goes where there are nodes of all of these kinds: ${topologyKey} ${listed(values)}.`];
  return { template: { ...template, affinity: within(template.affinity, topologyKey, values) }, notes };
}

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
  const { definitions, bounds, runtimeClasses, priorities, storage, nodes } = sources;
  const known: KnownOfRun = { ...named.known, runtimeClasses, ...(nodes && { nodes }) };
  const choices = choicesOf(run.metadata?.annotations ?? {});
  const united = unitePodTemplates(run.spec, name => (priorities.get(name) ?? NO_PRIORITY).value, known);
  const { template, priorityClass } = patient(united.template, priorities, settings);
  const demanded = demandedOfContainers(bounds.quotas);
  const graph = demandOf(run, known, { ...definitions, demanded }, settings);
  const overhead = overheadOf(template.runtimeClassName, runtimeClasses);
  const counted = countedPod(template, placingOf(choices));
  const counting = { ...bounds, quotas: countingPod(bounds.quotas, counted) };
  const reserving = reservationFor(graph, choices, floorOf(settings), counting, overhead);
  const declared = volumesOf(named.claims, storage);
  const claims = { volumes: declared.volumes, templates: named.claims.templates };
  const together = claimsTogether(claims, storage, template, choices["topology-key"]);
  const apart = kindsApart(united, together);
  const placed = hasBeenLetGo(run)
    ? { template: together.template, notes: [] }
    : inZonesWithAll(together.template, apart, nodes, choices["topology-key"]);
  const places = placesOf(together.volumes, storage, choices["topology-key"]);
  const affinity = withPlaces(placed.template.affinity ?? {}, places.terms);
  return {
    graph,
    known,
    placeholder: placeholderFor(run, { ...placed.template, affinity }, settings, reserving.reservation, {
      limits: needsLimits(counting),
      volumes: places.volumes,
      claims: places.claims,
      managedBy: united.speaksOfTektonsPods ? null : definitions.managedBy,
    }),
    priorityClass,
    contradictions: [...united.contradictions, ...together.contradictions],
    refusal: hasBeenLetGo(run) ? undefined : refusedByObjectQuota(bounds.quotas, counted),
    warnings: [
      ...contradictionWarning("ContradictingPodTemplates", united.contradictions, "change its pod templates"),
      ...contradictionWarning("ContradictingClaims", together.contradictions, "use claims of one place"),
    ],
    advice: declared.warnings,
    notes: [...reserving.notes, ...united.notes, ...declared.notes, ...together.notes, ...placed.notes],
    asks: reserving.asks,
    dependsOnNodes: united.dependsOnNodes || (nodes === undefined && apart.length > 0),
  };
}
