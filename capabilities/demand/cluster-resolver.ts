/**
 * What Tekton's resolver `cluster` brings: a Task or Pipeline by its kind, name and namespace, which can be read in
 * advance. Source: pkg/resolution/resolver/cluster/resolver.go, populateParamsWithDefaults.
 */
import { inText, type Values } from "./params";
import type { NamedReference, Reference } from "./pipeline-spec";
import { objectsOf, textOf } from "./untrusted";

export const CLUSTER_RESOLVER = "cluster";

/** The kind where none is named. Source: config/resolvers/cluster-resolver-config.yaml, default-kind. */
const DEFAULT_KIND = "task";
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @returns what it names, or why that is not known: its default namespace is in a ConfigMap that is not read */
export function clusterReference(
  reference: NamedReference,
  kind: Reference["kind"],
  values: Values,
): Reference | string {
  const given = new Map(objectsOf(reference.params).map(({ name, value }) => [name, value]));
  const textIn = (name: string): string | undefined => {
    const value = given.get(name);
    return typeof value === "string" ? textOf(inText(value, values)) : undefined;
  };
  const [name, namespace] = [textIn("name"), textIn("namespace")];
  const isOfKind = (textIn("kind") ?? DEFAULT_KIND) === kind.toLowerCase();
  const isKnown = name !== undefined && namespace !== undefined && !name.includes("$(");
  if (!isOfKind || !isKnown || !NAMESPACE.test(namespace)) return `resolver ${CLUSTER_RESOLVER}`;
  return { kind, name, namespace };
}
