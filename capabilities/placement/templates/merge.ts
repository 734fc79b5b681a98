/**
 * Pod templates as Tekton stores and merges them: MergePodTemplateWithDefault in pkg/apis/pipeline/pod/template.go, and
 * what encoding/json makes of its fields' tags.
 */
import type { PodTemplate } from "../../tekton/objects";
import { isObject, objectOf, objectsOf, textOf } from "../../demand/untrusted";

type Fields = Record<string, unknown>;

/** Go drops these when they are empty, and so they are never stored. Fields that are pointers stay, `affinity: {}` too. */
const DROPPED_IF_EMPTY = new Set([
  "nodeSelector",
  "env",
  "tolerations",
  "volumes",
  "imagePullSecrets",
  "hostAliases",
  "topologySpreadConstraints",
  "schedulerName",
  "hostNetwork",
]);
const MERGED_BY_NAME = ["env", "volumes"];

const isEmpty = (value: unknown): boolean =>
  value === "" ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

const MAP_OF_TEXTS = "matchLabels";
/** Lists of texts, in which null stands for "". */
const LISTS_OF_TEXTS = ["values", "namespaces", "matchLabelKeys", "mismatchLabelKeys"];

/** Inside of a field, null is as if it were not there. In a list it stands for an empty item, in a map for "". */
function withoutNull(value: unknown, field = ""): unknown {
  if (Array.isArray(value)) {
    const empty = LISTS_OF_TEXTS.includes(field) ? "" : {};
    return value.map(item => (item === null ? empty : withoutNull(item)));
  }
  if (!isObject(value)) return value;
  if (field === MAP_OF_TEXTS) return textsIn(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNull(inner, key)]));
}

const textsIn = (map: object): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value === null ? "" : String(value)]));

/** As the API server has it after Tekton's admission; what is no template reads as an empty one. */
export function storedTemplate(template: PodTemplate | null | undefined): PodTemplate {
  const fields = Object.entries((objectOf(template ?? undefined) ?? {}) as Fields).flatMap(
    ([field, value]): [string, unknown][] => {
      if (value === null || value === undefined) return [];
      if (DROPPED_IF_EMPTY.has(field) && isEmpty(value)) return [];
      return [[field, field === "nodeSelector" && isObject(value) ? textsIn(value) : withoutNull(value)]];
    },
  );
  return Object.fromEntries(fields) as PodTemplate;
}

function mergedByName(own: unknown, base: unknown): unknown {
  const [ours, theirs] = [objectsOf(own as Fields[]), objectsOf(base as Fields[])];
  if (ours.length === 0) return base;
  const names = new Set(ours.map(({ name }) => textOf(name)));
  return [...ours, ...theirs.filter(({ name }) => !names.has(textOf(name)))];
}

/** Field by field, its own before the other's; lists of things with names item by item, and hostNetwork stays true. */
export function mergedTemplate(own: PodTemplate, base: PodTemplate): PodTemplate {
  const [fields, others] = [own as Fields, base as Fields];
  const merged: Fields = { ...others, ...fields };
  for (const field of MERGED_BY_NAME) {
    const list = mergedByName(fields[field], others[field]);
    if (list !== undefined) merged[field] = list;
  }
  return merged as PodTemplate;
}
