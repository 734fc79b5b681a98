/** JSON Patches (RFC 6902), whose tests are the guards of our writes. */
import { PatchStrategy, setHeaderOptions, type V1StatefulSet } from "@kubernetes/client-node";
import type { PipelineRun } from "../tekton/objects";

export type JsonPatch = { op: "add" | "remove" | "replace" | "test"; path: string; value?: unknown }[];

/** The option of a request whose body is a JSON Patch. */
export const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);

/** The option of a request whose body is a merge patch (RFC 7386). */
export const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** Path of a map's key in a JSON Pointer (RFC 6901). */
export const at = (path: string, key: string): string =>
  `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** A JSON Patch adds no key to a map that is not there. */
export const annotationsOf = ({ metadata }: V1StatefulSet | PipelineRun): JsonPatch =>
  metadata?.annotations === undefined ? [{ op: "add", path: "/metadata/annotations", value: {} }] : [];
