/** What happened to the objects of one input: recorded from a real Tekton, or here. */
import { readdirSync } from "node:fs";
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
  /** What was said when the run could not be created. */
  refused?: string;
  /** Kind/name to the last reason and message of each run that did not succeed. */
  said?: Record<string, { reason: string; message: string }>;
}

/** Those of recordings/, which are run on a cluster. */
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
  return objectsIn(join(directory, `${input}.yaml`));
}

async function objectsIn(file: string): Promise<Resource[]> {
  const text = await readFile(file, "utf8");
  return parseAllDocuments(text).map(document => document.toJS() as Resource);
}

/** What was recorded without the operator's label; the operator's own tests have the same inputs. */
const withoutCluster = join(directory, "without-cluster");
const inputsWithoutCluster = join(__dirname, "../../../capabilities/demand/recorded");
const optIn = "tekton.dev/custom-pod-affinity";

export interface WithoutCluster {
  recorded: Recording;
  objects: Resource[];
}

export const INPUTS_WITHOUT_CLUSTER = readdirSync(withoutCluster).map(file => file.replace(/\.json$/, ""));

export async function withoutClusterFor(input: string): Promise<WithoutCluster> {
  const recorded = JSON.parse(await readFile(join(withoutCluster, `${input}.json`), "utf8")) as Recording;
  const objects = await objectsIn(join(inputsWithoutCluster, `${input}.yaml`));
  for (const { metadata } of objects) delete metadata?.labels?.[optIn];
  return { recorded, objects };
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
