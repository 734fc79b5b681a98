/**
 * What the API server takes in a pod, as far as it is read here: ValidatePodSpec in Kubernetes'
 * pkg/apis/core/validation/validation.go, and the types of the fields.
 */
import type {
  V1NodeSelectorRequirement,
  V1PodAffinityTerm,
  V1Toleration,
  V1TopologySpreadConstraint,
} from "@kubernetes/client-node";
import { isObject } from "../../demand/untrusted";
import { isLimit } from "./node-label";

const isText = (value: unknown): value is string => typeof value === "string";
const isOf = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextMap = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText);

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LONGEST_SUBDOMAIN = 253;

/** Of objects such as RuntimeClasses. IsDNS1123Subdomain in apimachinery's pkg/util/validation. */
export const isSubdomain = (text: string): boolean =>
  text.length <= LONGEST_SUBDOMAIN && SUBDOMAIN.test(text);

/** IsQualifiedName there. */
export function isLabelKey(text: string): boolean {
  const parts = text.split("/");
  const prefix = parts.length === 2 ? parts.shift()! : undefined;
  return parts.length === 1 && LABEL_NAME.test(parts[0]!) && (prefix === undefined || isSubdomain(prefix));
}

/** IsValidLabelValue there. */
export const isLabelValue = (text: string): boolean => text === "" || LABEL_NAME.test(text);

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const TOLERATION_OPERATORS = ["Equal", "Exists", "Lt", "Gt"];

export function isValidToleration({
  key,
  operator,
  value,
  effect,
  tolerationSeconds,
}: V1Toleration): boolean {
  if (![key, operator, value, effect].every(field => isOf(field, isText))) return false;
  if (!key && operator !== "Exists") return false;
  if (key && !isLabelKey(key)) return false;
  if ((operator || "Equal") === "Equal" && value && !isLabelValue(value)) return false;
  if (operator && !TOLERATION_OPERATORS.includes(operator)) return false;
  if (operator === "Exists" && value) return false;
  if (effect && !EFFECTS.includes(effect)) return false;
  return tolerationSeconds === undefined || (effect === "NoExecute" && Number.isInteger(tolerationSeconds));
}

const VALUE_COUNTS: Readonly<Record<string, (count: number) => boolean>> = {
  In: count => count > 0,
  NotIn: count => count > 0,
  Exists: count => count === 0,
  DoesNotExist: count => count === 0,
  Gt: count => count === 1,
  Lt: count => count === 1,
};

/** Of a node's label. */
export function isValidExpression({ key, operator, values = [] }: V1NodeSelectorRequirement): boolean {
  if (!isText(key) || !isLabelKey(key) || !isText(operator) || !isTexts(values)) return false;
  if (!values.every(isLabelValue)) return false;
  if (!Object.hasOwn(VALUE_COUNTS, operator) || !VALUE_COUNTS[operator]!(values.length)) return false;
  return (operator !== "Gt" && operator !== "Lt") || isLimit(values[0]);
}

/** Of a node's field; there is one. */
export const isValidField = ({ key, operator, values = [] }: V1NodeSelectorRequirement): boolean =>
  key === "metadata.name" &&
  (operator === "In" || operator === "NotIn") &&
  isTexts(values) &&
  values.length === 1;

/** As for nodes, without numbers. */
const isExpression = (item: unknown): boolean =>
  isObject(item) &&
  !["Gt", "Lt"].includes((item as V1NodeSelectorRequirement).operator) &&
  isValidExpression(item as V1NodeSelectorRequirement);

const isLabels = (value: unknown): boolean =>
  isTextMap(value) &&
  Object.entries(value as Record<string, string>).every(
    ([key, text]) => isLabelKey(key) && isLabelValue(text),
  );

function isSelector(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { matchLabels, matchExpressions } = value as Record<string, unknown>;
  const areExpressions = (items: unknown): boolean => Array.isArray(items) && items.every(isExpression);
  return isOf(matchLabels, isLabels) && isOf(matchExpressions, areExpressions);
}

export function isValidTerm(term: V1PodAffinityTerm | undefined): boolean {
  if (!isObject(term)) return false;
  const { topologyKey, labelSelector, namespaces, namespaceSelector } = term;
  const { matchLabelKeys, mismatchLabelKeys } = term;
  return (
    isText(topologyKey) &&
    isLabelKey(topologyKey) &&
    [labelSelector, namespaceSelector].every(selector => isOf(selector, isSelector)) &&
    [namespaces, matchLabelKeys, mismatchLabelKeys].every(list => isOf(list, isTexts))
  );
}

export const isValidWeight = (weight: unknown): boolean =>
  Number.isInteger(weight) && 1 <= Number(weight) && Number(weight) <= 100;

const UNSATISFIABLE = ["DoNotSchedule", "ScheduleAnyway"];

export const isValidConstraint = (constraint: V1TopologySpreadConstraint): boolean =>
  isText(constraint.topologyKey) &&
  isLabelKey(constraint.topologyKey) &&
  UNSATISFIABLE.includes(constraint.whenUnsatisfiable) &&
  Number.isInteger(constraint.maxSkew) &&
  constraint.maxSkew > 0 &&
  isOf(constraint.labelSelector, isSelector) &&
  isOf(constraint.matchLabelKeys, isTexts);
