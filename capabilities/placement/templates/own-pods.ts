/** The labels that a run's pods and its placeholder will have, and whether a selector means them. */
import type { V1LabelSelector, V1ObjectMeta } from "@kubernetes/client-node";
import {
  INSTANCE_LABEL,
  MANAGED_BY_LABEL,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_LABELS,
  TEKTON_MANAGED_BY,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_RUN_UID_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
} from "../../keys";
import { placeholderName } from "../names";
import type { PodOwner } from "./effective";

/** A pod's labels; undefined is the value of one that it has and that is not known in advance. */
export type Labels = Pick<ReadonlyMap<string, string | undefined>, "get" | "has">;

/** A run may have very many labels, and each of its pods has them: they are kept once. */
class LabelsOver implements Labels {
  constructor(
    private readonly own: ReadonlyMap<string, string | undefined>,
    private readonly common: Labels,
  ) {}

  has(key: string): boolean {
    return this.own.has(key) || this.common.has(key);
  }

  get(key: string): string | undefined {
    return this.own.has(key) ? this.own.get(key) : this.common.get(key);
  }
}

/** Those that all pods of the run have. */
export const labelsOfRun = (metadata: V1ObjectMeta | undefined): Labels =>
  new Map<string, string | undefined>([
    ...Object.entries(metadata?.labels ?? {}),
    [PLACEHOLDER_LABEL, metadata?.name === undefined ? undefined : placeholderName(metadata.name)],
  ]);

export type Match = "yes" | "no" | "perhaps";

const TEKTON_PREFIX = "tekton.dev/";
/** On each pod, with a value that Tekton chooses. */
const CHOSEN_BY_TEKTON = [
  TEKTON_TASK_RUN_LABEL,
  "tekton.dev/taskRunUID",
  "tekton.dev/memberOf",
  "tekton.dev/pipeline",
];

/** Whether it is Tekton that labels pods with it. */
export const isTektonLabel = (key: string): boolean =>
  key === MANAGED_BY_LABEL || key.startsWith(TEKTON_PREFIX);

/** Without Tekton's own label: it has that only where no term of the run speaks of it, see speaksOfTektonsPods. */
export function labelsOfPlaceholder(metadata: V1ObjectMeta | undefined): Labels {
  const run = metadata?.name;
  const name = run === undefined ? undefined : placeholderName(run);
  return new Map([
    ...Object.entries(PLACEHOLDER_LABELS),
    [INSTANCE_LABEL, name],
    [PLACEHOLDER_LABEL, name],
    [TEKTON_PIPELINE_RUN_LABEL, run],
  ]);
}

/** The embedded task's, where the run has none of the name. */
function labelsUnder(ofRun: Labels, byTask: Record<string, string>): [string, string][] {
  return Object.entries(byTask).filter(([key]) => !ofRun.has(key));
}

/**
 * Of the pods of a task, as Tekton makes them: its TaskRun's labels, which are those of its entry in taskRunSpecs, before
 * its PipelineRun's, before the embedded task's. What labels a Pipeline or a Task has is not looked at.
 *
 * @param pods whose they are
 * @param ofRun see labelsOfRun
 */
export function labelsOfPods(
  metadata: V1ObjectMeta | undefined,
  { pipelineTask, isOfRun, labels }: PodOwner,
  ofRun: Labels,
): Labels {
  const own = new Map([
    ...labelsUnder(ofRun, labels.byTask),
    ...CHOSEN_BY_TEKTON.map((key): [string, undefined] => [key, undefined]),
    [MANAGED_BY_LABEL, TEKTON_MANAGED_BY],
    // A pipeline in a pipeline is a run of its own.
    [TEKTON_PIPELINE_RUN_LABEL, isOfRun ? metadata?.name : undefined],
    [TEKTON_PIPELINE_RUN_UID_LABEL, isOfRun ? metadata?.uid : undefined],
    [TEKTON_PIPELINE_TASK_LABEL, pipelineTask],
    ...Object.entries(labels.byRun),
  ]);
  return new LabelsOver(own, ofRun);
}

function requirementMatch(
  labels: Labels,
  { key, operator, values = [] }: { key: string; operator: string; values?: readonly string[] },
): Match {
  const isThere = labels.has(key);
  if (operator === "Exists") return isThere ? "yes" : "no";
  if (operator === "DoesNotExist") return isThere ? "no" : "yes";
  if (operator !== "In" && operator !== "NotIn") return "no";
  const value = labels.get(key);
  if (isThere && value === undefined) return "perhaps";
  const isAmong = value !== undefined && values.includes(value);
  return isAmong === (operator === "In") ? "yes" : "no";
}

/** How many comparisons it takes at most. */
export const sizeOfSelector = (selector: V1LabelSelector | undefined): number =>
  Object.keys(selector?.matchLabels ?? {}).length +
  (selector?.matchExpressions ?? []).reduce((sum, { values }) => sum + 1 + (values?.length ?? 0), 1);

/** No selector selects no pod, an empty one each: LabelSelectorAsSelector in apimachinery's pkg/apis/meta/v1. */
export function selectorMatch(selector: V1LabelSelector | undefined, labels: Labels): Match {
  if (selector === undefined) return "no";
  const requirements = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
      key,
      operator: "In",
      values: [value],
    })),
    ...(selector.matchExpressions ?? []),
  ];
  return every(requirements.map(requirement => requirementMatch(labels, requirement)));
}

export function every(matches: readonly Match[]): Match {
  if (matches.includes("no")) return "no";
  return matches.includes("perhaps") ? "perhaps" : "yes";
}

/** `matchLabelKeys`: the other pod has to have the value of these labels that the pod itself has. */
export function sameLabels(keys: readonly string[] | undefined, own: Labels, others: Labels): Match {
  return every(
    (keys ?? [])
      .filter(key => own.has(key))
      .map(key => {
        const value = own.get(key);
        if (!others.has(key)) return "no";
        if (value === undefined || others.get(key) === undefined) return "perhaps";
        return value === others.get(key) ? "yes" : "no";
      }),
  );
}
