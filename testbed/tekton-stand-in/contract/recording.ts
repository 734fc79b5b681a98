/** What happened to the objects of one input: recorded from a real Tekton, or here. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import type { Condition, Json } from "../types";

/** An object as the API server gives it. */
export type Resource = KubernetesObject & { kind: string; spec?: Json; status?: Json };

/** One event of a watch; of the object, what its life is told by. Fields that are absent are false or empty. */
export interface Moment {
  /** Milliseconds since the recording began. */
  ms: number;
  event: "ADDED" | "MODIFIED" | "DELETED";
  /** Kind/name. */
  object: string;
  /** Of a run: its `spec.status`. */
  specStatus?: string;
  /** Of a run: status and reason of its condition Succeeded. */
  succeeded?: string;
  reason?: string;
  /** Of a run: whether it has a start time, and a completion time. */
  started?: boolean;
  completed?: boolean;
  /** Of a pod. */
  phase?: string;
  node?: string;
  deleting?: boolean;
}

export interface Recording {
  timeline: Moment[];
  /** Kind/name to the object as it was when it was first seen. */
  objectsAsCreated: Record<string, Resource>;
}

/** Every input that a real Tekton was recorded with: those of recordings/. */
export const INPUTS = [
  "cancelled",
  "custom-task",
  "failing",
  "finally",
  "four-tasks",
  "matrix",
  "nested",
  "pending",
  "pending-stopped",
  "pod-templates",
  "retries",
  "sidecar",
  "task-resources",
  "timeout",
  "v1beta1",
  "workspaces",
];

const directory = join(__dirname, "..", "recordings");

/** The name of the namespace that the input was recorded in, and is run in here. */
export const namespaceOf = (input: string): string => `rec-${input}`;

/** The recording of a real Tekton for an input, e.g. `four-tasks`. */
export async function recordedFor(input: string): Promise<Recording> {
  return JSON.parse(await readFile(join(directory, `${input}.json`), "utf8")) as Recording;
}

/** The objects of an input; the last one is the PipelineRun. */
export async function objectsOf(input: string): Promise<Resource[]> {
  const text = await readFile(join(directory, `${input}.yaml`), "utf8");
  return parseAllDocuments(text).map(document => document.toJS() as Resource);
}

/** The moment that an event of a watch is. */
export function momentOf(event: Moment["event"], object: Resource, ms: number): Moment {
  const status = object.status ?? {};
  const moment: Moment = { ms, event, object: `${object.kind}/${object.metadata?.name}` };
  if (object.kind === "Pod") {
    const isDeleting = object.metadata?.deletionTimestamp !== undefined;
    return { ...moment, phase: status["phase"] as string, ...(isDeleting ? { deleting: true } : {}) };
  }
  const condition = (status["conditions"] as Condition[] | undefined)?.find(
    item => item.type === "Succeeded",
  );
  const specStatus = object.spec?.["status"] as string | undefined;
  if (object.kind.endsWith("Run")) {
    if (specStatus) moment.specStatus = specStatus;
    if (condition) Object.assign(moment, { succeeded: condition.status, reason: condition.reason });
    if (status["startTime"]) moment.started = true;
    if (status["completionTime"]) moment.completed = true;
  }
  return moment;
}
