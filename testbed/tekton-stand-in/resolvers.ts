/**
 * Where the definition that a reference names is found. Whatever the resolver is called, it brings what the resolver
 * `cluster` would: the Task or Pipeline of the name and namespace in its params.
 */
import type { Param, TaskRef } from "./types";

/** @returns undefined for a resolver without such params */
export function whereabouts(ref: TaskRef, own: string): { namespace: string; name: string } | undefined {
  if (!ref.resolver) return { namespace: own, name: ref.name ?? "" };
  const params = (ref["params"] ?? []) as Param[];
  const valueOf = (name: string) => params.find(param => param.name === name)?.value;
  const [namespace, name] = [valueOf("namespace"), valueOf("name")];
  return typeof namespace === "string" && typeof name === "string" ? { namespace, name } : undefined;
}
