/** Runs a controller among what the cluster does until nothing is left to be done, and shows what is there then. */
import type { V1Pod } from "@kubernetes/client-node";
import type { PipelineRun } from "../../tekton/objects";
import { isPlaceholderPod } from "../../tekton/placeholder-pod";
import { clusterActs, type StandInOptions } from "./cluster-stand-in";
import { ControllerProcess, type ProcessOptions } from "./controller-process";
import { MemoryApi, type KubeObject } from "./memory-api";

export interface Beginning {
  /** Puts into the API server what is there at first. */
  begin: (api: MemoryApi) => void;
  cluster?: StandInOptions;
}

/** More would be something that never ends. */
const MOST_ACTS = 300;

export async function untilQuiet(
  api: MemoryApi,
  process: ControllerProcess,
  options: StandInOptions = {},
): Promise<void> {
  for (let acts = 0; acts < MOST_ACTS; acts++) {
    const acted = (await process.acts()) || (!process.isDead && clusterActs(api, options));
    if (!acted || process.isDead) return;
  }
  throw new Error(`the controller does not come to rest: ${process.writes.slice(-8).join(", ")}`);
}

export interface End {
  /** What is there, without what no two lives have in common. */
  objects: unknown[];
  /** Reasons. */
  told: string[];
  /** Names of what the controller's store holds. */
  known: string[];
  writes: readonly string[];
  events: number;
}

function shown(kind: string, { metadata, spec, status }: KubeObject): unknown {
  const { name, labels, annotations, deletionTimestamp } = metadata!;
  const object = { kind, name, labels, annotations, deletionTimestamp, spec, status };
  const text = JSON.stringify(object)
    .replaceAll(/uid-[\w-]+/g, "uid")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "time");
  return JSON.parse(text) as unknown;
}

function endOf(api: MemoryApi, { writes, events, known }: ControllerProcess): End {
  const kinds = ["pipelineruns", "statefulsets", "pods", "persistentvolumeclaims"] as const;
  const objects = kinds.flatMap(kind => api.all<KubeObject>(kind).map(one => shown(kind, one)));
  const told = api.all<KubeObject & { reason?: string }>("events").map(({ reason }) => reason!);
  return { objects, told, known, writes, events };
}

export function endRuns(api: MemoryApi): void {
  for (const { metadata } of api.all("pipelineruns")) {
    api.change<PipelineRun>("pipelineruns", metadata!.name!, run => {
      run.status = { ...run.status, conditions: [{ type: "Succeeded", status: "True" }] };
    });
  }
}

export function deleteStatefulSets(api: MemoryApi): void {
  for (const { metadata } of api.all("statefulsets")) api.delete("statefulsets", metadata!.name!);
}

export const tellStatefulSetsGone = (api: MemoryApi): void => api.tellGone("statefulsets");

export interface Meanwhile {
  /** The count of the write. */
  write: number;
  happens: (api: MemoryApi) => void;
  /** Whether it takes a resync to see that. */
  takesResync?: boolean;
}

/** Something happens, and is told, while the answer to a write is on its way; once nothing is left to do, the run ends. */
export async function untilOver(
  { begin, cluster = {} }: Beginning,
  { write, happens, takesResync }: Meanwhile,
  options: ProcessOptions = {},
): Promise<End> {
  const api = new MemoryApi();
  begin(api);
  const meanwhile = (writes: number): void => {
    options.meanwhile?.(writes);
    if (writes === write) happens(api);
  };
  const process = new ControllerProcess(api, { ...options, meanwhile });
  await untilQuiet(api, process, cluster);
  endRuns(api);
  for (const { metadata } of api.all("taskruns")) api.delete("taskruns", metadata!.name!);
  for (const pod of api.all<V1Pod>("pods")) {
    if (!isPlaceholderPod(pod)) api.delete("pods", pod.metadata!.name!);
  }
  await untilQuiet(api, process, cluster);
  if (takesResync === true) {
    await process.compares();
    await untilQuiet(api, process, cluster);
  }
  return endOf(api, process);
}

/** One life, or two: where the first process dies, another one takes over; at the end it compares. */
export async function live({ begin, cluster = {} }: Beginning, options: ProcessOptions = {}): Promise<End> {
  const api = new MemoryApi();
  begin(api);
  const first = new ControllerProcess(api, options);
  await untilQuiet(api, first, cluster);
  const last = first.isDead
    ? new ControllerProcess(api, { pass: options.pass, meanwhile: options.meanwhile })
    : first;
  if (options.misses === undefined) {
    await untilQuiet(api, last, cluster);
  } else {
    await last.compares();
    await untilQuiet(api, last, cluster);
  }
  return { ...endOf(api, last), writes: first.writes, events: first.events };
}
