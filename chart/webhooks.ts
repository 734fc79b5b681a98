/**
 * Which objects the API server asks the operator about. `pepr build` declares one webhook for everything, so
 * that every pod of the cluster would depend on it; here each rule says itself what it is about.
 */
import type {
  V1LabelSelector,
  V1LabelSelectorRequirement,
  V1MatchCondition,
  V1RuleWithOperations,
} from "@kubernetes/client-node";
import { WORDS } from "../capabilities/choices/choices";
import {
  APP_NAME,
  COMPONENT_LABEL,
  FREED_ANNOTATION,
  GATED_BY_ANNOTATION,
  HELD_LABEL,
  KEY_PREFIX,
  KUEUE_PREFIX,
  LET_GO_ANNOTATION,
  OPT_IN_LABEL,
  OPTED_IN,
  OPTED_OUT,
  PENDING,
  PLACEHOLDER_COMPONENT,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_LABELS,
  TEKTON_GROUP,
} from "../capabilities/keys";

/** One webhook. The template adds address, timeout, and the namespaces that no webhook is for. */
export interface Entry {
  name: string;
  rules: V1RuleWithOperations[];
  failurePolicy: "Fail" | "Ignore";
  objectSelector?: V1LabelSelector;
  /** Further demands on the namespace's labels. */
  namespaces?: V1LabelSelectorRequirement[];
  matchConditions?: V1MatchCondition[];
  reinvocationPolicy?: "Never" | "IfNeeded";
}

const runs = (operation: "CREATE" | "UPDATE"): V1RuleWithOperations[] => [
  {
    apiGroups: [TEKTON_GROUP],
    apiVersions: ["v1", "v1beta1"],
    operations: [operation],
    resources: ["pipelineruns"],
    scope: "Namespaced",
  },
];

const taskRuns: V1RuleWithOperations[] = [{ ...runs("CREATE")[0]!, resources: ["taskruns"] }];

const pods: V1RuleWithOperations[] = [
  { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "Namespaced" },
];

const optIn = (operator: "In" | "NotIn", ...values: string[]): V1LabelSelectorRequirement => ({
  key: OPT_IN_LABEL,
  operator,
  values,
});

/** Nothing is done for a run that another one made, and Tekton must be able to make it without us. */
const notAChild: V1MatchCondition = {
  name: "not-a-child",
  expression:
    `!has(object.metadata.ownerReferences) || !object.metadata.ownerReferences.exists(owner, ` +
    `has(owner.controller) && owner.controller && owner.apiVersion.startsWith("${TEKTON_GROUP}/"))`,
};

const hasKeysOfOurs = (map: "labels" | "annotations"): string =>
  `(has(object.metadata.${map}) && object.metadata.${map}.exists(key, key.startsWith("${KEY_PREFIX}")))`;

/** By the annotation of each choice that allows everybody a few words: those words, as CEL writes a map. */
const words = JSON.stringify(
  Object.fromEntries(
    [...WORDS]
      .filter(([name]) => name !== "isolation-scope")
      .map(([name, values]) => [KEY_PREFIX + name, values]),
  ),
);

const isPlain = `key in ${words} && object.metadata.annotations[key] in ${words}[key]`;

/** Choices of a few words are seen to be right by the API server alone, which spares most runs a second request. */
const hasChoicesToCheck =
  `has(object.metadata.annotations) && object.metadata.annotations.exists(key, ` +
  `key.startsWith("${KEY_PREFIX}") && !(${isPlain}))`;

const lifted =
  `has(oldObject.spec.status) && oldObject.spec.status == "${PENDING}" && ` +
  `(!has(object.spec.status) || object.spec.status == "")`;

const notLetGo = `!has(object.metadata.annotations) || !("${LET_GO_ANNOTATION}" in object.metadata.annotations)`;

/** One that waits for another gate may still be held; of one that is over nobody has to know. */
const underWay =
  `(!has(object.spec.status) || object.spec.status != "${PENDING}") && ` +
  `(!has(object.status) || !has(object.status.completionTime))`;

const notMarked = `!("${HELD_LABEL}" in object.metadata.labels)`;

const isFreed = `has(object.metadata.annotations) && "${FREED_ANNOTATION}" in object.metadata.annotations`;

const notPlaced = `!has(object.metadata.labels) || !("${PLACEHOLDER_LABEL}" in object.metadata.labels)`;

const gatedByKueue =
  `has(object.spec.schedulingGates) && object.spec.schedulingGates.exists(gate, gate.name.startsWith("${KUEUE_PREFIX}")) && ` +
  `object.metadata.?annotations["${GATED_BY_ANNOTATION}"].orValue("") == "${APP_NAME}"`;

/**
 * Runs are seen once (`Never`): a second look, after another webhook has taken back the opt-in, would find a
 * run that is Pending and not know that it was us; the controller lets such a run go.
 *
 * Fail closed where a run would silently lose what it asks for.
 */
const mutating: Entry[] = [
  {
    name: "opted-in-runs",
    rules: runs("CREATE"),
    failurePolicy: "Fail",
    objectSelector: { matchExpressions: [optIn("In", OPTED_IN)] },
    matchConditions: [notAChild],
    reinvocationPolicy: "Never",
  },
  {
    name: "runs-of-opted-in-namespaces",
    rules: runs("CREATE"),
    failurePolicy: "Fail",
    objectSelector: { matchExpressions: [optIn("NotIn", OPTED_IN, OPTED_OUT)] },
    namespaces: [optIn("In", OPTED_IN)],
    matchConditions: [notAChild],
    reinvocationPolicy: "Never",
  },
  {
    // A copied manifest. What it brings along would tie its pods to a placeholder of another run.
    name: "runs-with-our-keys",
    rules: runs("CREATE"),
    failurePolicy: "Fail",
    objectSelector: { matchExpressions: [optIn("NotIn", OPTED_IN)] },
    matchConditions: [
      notAChild,
      {
        name: "brings-our-keys",
        expression: `${hasKeysOfOurs("labels")} || ${hasKeysOfOurs("annotations")}`,
      },
    ],
    reinvocationPolicy: "Never",
  },
  {
    // Somebody else lifts a hold of theirs. Not our own release: that brings the placeholder's label, or says that
    // there is none.
    // Fails open: a run that another gate lets go must not stay, and others' updates must not depend on us.
    name: "runs-let-go-by-others",
    rules: runs("UPDATE"),
    failurePolicy: "Ignore",
    objectSelector: { matchExpressions: [optIn("In", OPTED_IN)] },
    matchConditions: [
      { name: "pending-is-lifted", expression: lifted },
      { name: "not-placed", expression: notPlaced },
      { name: "not-let-go-by-us", expression: notLetGo },
    ],
    reinvocationPolicy: "Never",
  },
  {
    // Never held: opted in too late by hand, by Tekton, which copies a Pipeline's labels, or by a webhook after ours. Marked
    // when anybody next writes to it, as Tekton does when it begins, so that people are told.
    name: "runs-opted-in-late",
    rules: runs("UPDATE"),
    failurePolicy: "Ignore",
    objectSelector: { matchExpressions: [optIn("In", OPTED_IN)] },
    matchConditions: [
      { name: "is-under-way", expression: underWay },
      { name: "not-marked", expression: notMarked },
      notAChild,
    ],
    reinvocationPolicy: "Never",
  },
  {
    // A copied TaskRun. Tekton's own have an owner, and are never asked about.
    name: "task-runs-of-no-run",
    rules: taskRuns,
    failurePolicy: "Fail",
    objectSelector: { matchExpressions: [{ key: PLACEHOLDER_LABEL, operator: "Exists" }] },
    matchConditions: [notAChild],
    reinvocationPolicy: "Never",
  },
  {
    // Seen again (`IfNeeded`) when a later webhook changes the pod: it may have replaced the affinity.
    // The term is added once, however often the pod is seen.
    name: "pods-of-placed-runs",
    rules: pods,
    failurePolicy: "Fail",
    objectSelector: {
      matchExpressions: [
        { key: PLACEHOLDER_LABEL, operator: "Exists" },
        { key: COMPONENT_LABEL, operator: "NotIn", values: [PLACEHOLDER_COMPONENT] },
      ],
    },
    reinvocationPolicy: "IfNeeded",
  },
  {
    // Kueue, whose webhooks are asked before by their name, gates what says that its owner lets it go. Ours does so at once.
    // Fails open: one that keeps its gate is told.
    name: "placeholders-gated-by-kueue",
    rules: pods,
    failurePolicy: "Ignore",
    objectSelector: { matchLabels: PLACEHOLDER_LABELS },
    matchConditions: [{ name: "is-gated-for-us", expression: gatedByKueue }],
    reinvocationPolicy: "IfNeeded",
  },
];

const validating: Entry[] = [
  {
    // Wrong choices are refused.
    name: "runs-with-choices",
    rules: runs("CREATE"),
    failurePolicy: "Fail",
    matchConditions: [notAChild, { name: "has-choices-to-check", expression: hasChoicesToCheck }],
  },
  {
    // No more than a word to whoever created it.
    name: "task-runs-that-were-freed",
    rules: taskRuns,
    failurePolicy: "Ignore",
    matchConditions: [notAChild, { name: "is-freed", expression: isFreed }],
  },
];

export const ENTRIES = { mutate: mutating, validate: validating };

/** `CREATE tekton.dev/v1 pipelineruns`, and so on. */
export function calls(rules: readonly V1RuleWithOperations[]): Set<string> {
  return new Set(
    rules.flatMap(({ operations = [], apiGroups = [], apiVersions = [], resources = [] }) =>
      operations.flatMap(operation =>
        apiGroups.flatMap(group =>
          apiVersions.flatMap(version =>
            resources.map(resource => `${operation} ${group}/${version} ${resource}`),
          ),
        ),
      ),
    ),
  );
}
