/**
 * What every projection of an object keeps, and how what a tenant may make as long as he likes is cut: see slim-run.ts and
 * slim-pod.ts.
 */
import type { V1ObjectMeta, V1OwnerReference } from "@kubernetes/client-node";
import {
  APP_NAME_LABEL,
  COMPONENT_LABEL,
  HELD_LABEL,
  INSTANCE_LABEL,
  OPT_IN_LABEL,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_RUN_UID_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
} from "../keys";

/** Of a text that is only compared. */
const MOST_WORD_CHARACTERS = 256;

const LABELS: readonly string[] = [
  OPT_IN_LABEL,
  HELD_LABEL,
  PLACEHOLDER_LABEL,
  APP_NAME_LABEL,
  INSTANCE_LABEL,
  COMPONENT_LABEL,
  TEKTON_PIPELINE_RUN_LABEL,
  TEKTON_PIPELINE_RUN_UID_LABEL,
  TEKTON_PIPELINE_TASK_LABEL,
  TEKTON_TASK_RUN_LABEL,
];
export type Strings = Record<string, string> | undefined;

export function picked(map: Strings, wanted: (key: string) => boolean): Strings {
  if (map === undefined) return undefined;
  const found: Record<string, string> = {};
  for (const key of Object.keys(map)) if (wanted(key)) found[key] = map[key]!;
  return found;
}

export const isOurLabel = (key: string): boolean => LABELS.includes(key);
/** All that is asked of what belongs to a run is which run that is. */
const isRoot = (key: string): boolean => key === ROOT_ANNOTATION;

/** The first ones, as far as they have so many characters as JSON. */
export function upTo<T>(most: number, items: readonly T[]): T[] {
  let left = most;
  const over = items.findIndex(item => (left -= JSON.stringify(item).length) < 0);
  return over < 0 ? [...items] : items.slice(0, over);
}

export const word = (text: string | undefined): string | undefined => text?.slice(0, MOST_WORD_CHARACTERS);

function slimOwners(owners: V1OwnerReference[] | undefined): V1OwnerReference[] | undefined {
  return owners
    ?.filter(({ controller }) => controller === true)
    .map(({ apiVersion, kind, name, uid }) => ({ apiVersion, kind, name, uid, controller: true }));
}

export function slimMetadata(metadata: V1ObjectMeta | undefined): V1ObjectMeta {
  return withoutUndefined<V1ObjectMeta>({
    name: metadata?.name,
    namespace: metadata?.namespace,
    uid: metadata?.uid,
    resourceVersion: metadata?.resourceVersion,
    creationTimestamp: metadata?.creationTimestamp,
    deletionTimestamp: metadata?.deletionTimestamp,
    labels: picked(metadata?.labels, isOurLabel),
    annotations: picked(metadata?.annotations, isRoot),
    ownerReferences: slimOwners(metadata?.ownerReferences),
  });
}

export function withoutUndefined<T extends object>(object: T): T {
  for (const key of Object.keys(object) as (keyof T)[]) if (object[key] === undefined) delete object[key];
  return object;
}
