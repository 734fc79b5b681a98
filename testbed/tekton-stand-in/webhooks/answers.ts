/** Answers to the API server's reviews. Pure: the review in, the review with its response out. */
import { isDeepStrictEqual } from "node:util";
import { convert, defaulted, type Convertible } from "../admission/convert";
import { unknownField } from "../admission/fields";
import { refusal } from "../admission/validate";
import { v1 } from "../keys";
import type { Json, PipelineRun, TaskRun } from "../types";

interface AdmissionRequest {
  uid: string;
  operation: string;
  object: Convertible;
  oldObject: Convertible | null;
}
interface ConversionRequest {
  uid: string;
  desiredAPIVersion: string;
  objects: Convertible[];
}
export interface Review {
  apiVersion: string;
  kind: string;
  request: AdmissionRequest | ConversionRequest;
}
type Answer = Json & { uid: string };

/** Tekton's first webhook decodes the object, and so is the one that refuses a field that it does not know. */
function defaulting({ uid, object }: AdmissionRequest): Answer {
  const unknown = unknownField(object.kind === "CustomRun" ? object : convert(object, v1));
  if (unknown !== undefined) return refused(uid, `mutation failed: ${undecodable(unknown)}`);
  const result = defaulted(object);
  const patch: Json[] = [];
  if (!isDeepStrictEqual(result.spec, object.spec))
    patch.push({ op: "add", path: "/spec", value: result.spec });
  if (!isDeepStrictEqual(result.metadata?.labels, object.metadata?.labels)) {
    patch.push({ op: "add", path: "/metadata/labels", value: result.metadata?.labels });
  }
  const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");
  return { uid, allowed: true, ...(patch.length > 0 ? { patchType: "JSONPatch", patch: encoded } : {}) };
}

function validation({ uid, object, oldObject }: AdmissionRequest): Answer {
  const asV1 = (item: Convertible): PipelineRun & TaskRun =>
    convert(item, v1) as unknown as PipelineRun & TaskRun;
  const why = refusal(asV1(object), oldObject ? asV1(oldObject) : undefined);
  return why === undefined ? { uid, allowed: true } : refused(uid, `validation failed: ${why}`);
}

const refused = (uid: string, message: string): Answer => ({
  uid,
  allowed: false,
  status: { code: 400, reason: "BadRequest", message },
});

/** As Tekton says it, which names the field alone, and where it is. */
function undecodable(path: string): string {
  const field = path.slice(path.lastIndexOf(".") + 1);
  return `cannot decode incoming new object: json: unknown field "${field}" (${path})`;
}

function conversion({ uid, desiredAPIVersion, objects }: ConversionRequest): Answer {
  try {
    const convertedObjects = objects.map(object => convert(object, desiredAPIVersion));
    return { uid, result: { status: "Success" }, convertedObjects };
  } catch (error) {
    return { uid, result: { status: "Failed", message: (error as Error).message }, convertedObjects: [] };
  }
}

/** Paths that are served, and what answers on them. */
export const answers: Record<string, (review: Review) => Review & { response: Answer }> = {
  "/defaulting": review => ({ ...review, response: defaulting(review.request as AdmissionRequest) }),
  "/validation": review => ({ ...review, response: validation(review.request as AdmissionRequest) }),
  "/conversion": review => ({ ...review, response: conversion(review.request as ConversionRequest) }),
};
