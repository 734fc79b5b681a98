/**
 * The priority class of a placeholder. It asks for the whole peak at the highest priority of any pod of its run, so the
 * scheduler would evict others for it, where each pod of the run alone might have fitted.
 *
 * A pod may not say `preemptionPolicy: Never` itself where its class says otherwise (the plugin Priority of the API
 * server refuses it, k8s.io/kubernetes/plugin/pkg/admission/priority), and without a class the API server takes
 * PreemptLowerPriority. So there is a class of the operator's own for each value that is needed.
 */
import type { V1PriorityClass } from "@kubernetes/client-node";
import { clusterTemplateOf } from "../choices/placeholder-template";
import type { Settings } from "../choices/settings";
import { APP_NAME, APP_NAME_LABEL } from "../keys";
import type { PodTemplate } from "../tekton/objects";

export type Preemption = Settings["PLACEHOLDER_PREEMPTION"];

/** What a priority class says. */
export interface Priority {
  value: number;
  /** Its pods never preempt others. */
  isPatient: boolean;
}

/** By name of the class; undefined stands for pods without one. */
export type Priorities = ReadonlyMap<string | undefined, Priority>;

/** DefaultPriorityWhenNoDefaultClassExists of k8s.io/kubernetes/pkg/apis/scheduling; a name that is not there, too. */
export const NO_PRIORITY: Priority = { value: 0, isPatient: false };

/** HighestUserDefinablePriority of k8s.io/kubernetes/pkg/apis/scheduling. */
const HIGHEST_VALUE = 1_000_000_000;

export const priorityIn = ({ value, preemptionPolicy }: V1PriorityClass): Priority => ({
  value,
  isPatient: preemptionPolicy === "Never",
});

/** What pods without a class get: the lowest of several defaults counts, as for the API server. */
export function defaultPriorityIn(classes: readonly V1PriorityClass[]): Priority {
  const defaults = classes.filter(({ globalDefault }) => globalDefault === true).map(priorityIn);
  return defaults.sort((one, other) => one.value - other.value)[0] ?? NO_PRIORITY;
}

/** Of the operator's own class for the value. */
export const patientClassName = (value: number): string =>
  `${APP_NAME}-${value < 0 ? `minus-${-value}` : value}`;

/** A class of the value whose pods never preempt others; of values that only Kubernetes' own classes may have, the next lower. */
export function patientClass(value: number): V1PriorityClass {
  const allowed = Math.min(value, HIGHEST_VALUE);
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: patientClassName(allowed), labels: { [APP_NAME_LABEL]: APP_NAME } },
    value: allowed,
    preemptionPolicy: "Never",
    globalDefault: false,
    description: "Of placeholders: they wait for room rather than evict pods of lower priority.",
  };
}

export interface Patient {
  template: PodTemplate;
  /** The class that has to be there for it; undefined when it is somebody else's. */
  priorityClass?: V1PriorityClass;
}

/** The template, for a pod that evicts nobody, unless the settings allow it. */
export function patient(
  template: PodTemplate,
  priorities: Priorities,
  settings: Pick<Settings, "PLACEHOLDER_PREEMPTION" | "PLACEHOLDER_TEMPLATE">,
): Patient {
  const { priorityClassName } = clusterTemplateOf(settings.PLACEHOLDER_TEMPLATE);
  if (priorityClassName !== "") return { template: { ...template, priorityClassName } };
  const { value, isPatient } = priorities.get(template.priorityClassName) ?? NO_PRIORITY;
  if (settings.PLACEHOLDER_PREEMPTION === "as-run" || isPatient) return { template };
  const priorityClass = patientClass(value);
  return { template: { ...template, priorityClassName: priorityClass.metadata!.name! }, priorityClass };
}
