/** Reads what a run's demand depends on beside the run itself. */
import type { V1LimitRange } from "@kubernetes/client-node";
import { sizeOf } from "../demand/allowance";
import { keptPipeline, keptTask } from "../demand/kept";
import { DEEPEST, MOST_DEFINITIONS, MOST_READ_CHARACTERS } from "../demand/limits";
import { missingDefinitions, type Definitions, type Reference } from "../demand/task-graph";
import type { PipelineSpec, PlannedRun, TaskSpec } from "../demand/pipeline-spec";
import { countedResources, type Resources } from "../demand/resources";
import { runtimeClassesOf } from "../demand/runtime-classes";
import { objectOf } from "../demand/untrusted";
import type { KubeClients } from "./client";
import { ifThere } from "./errors";
import { TEKTON_GROUP } from "../keys";
import type { PipelineRun } from "../tekton/objects";

const PLURALS = { Pipeline: "pipelines", Task: "tasks" } as const;

async function readSpec(
  clients: KubeClients,
  namespace: string,
  { kind, name }: Reference,
): Promise<unknown> {
  const found = await ifThere<{ spec?: unknown }>(
    clients.custom.getNamespacedCustomObject({
      group: TEKTON_GROUP,
      version: "v1",
      plural: PLURALS[kind],
      namespace,
      name,
    }),
  );
  return found?.spec;
}

/** A few at a time: the connections are shared with every other run, and each may be large. */
const AT_ONCE = 5;

const NOT_READ_BECAUSE = `of one run up to ${MOST_DEFINITIONS} definitions and ${MOST_READ_CHARACTERS} characters are read`;

/** Definitions as they come in; only what is needed of each is kept. */
class Shelf {
  readonly pipelines = new Map<string, PipelineSpec | undefined>();
  readonly tasks = new Map<string, TaskSpec | undefined>();
  private characters = 0;

  /** How many more may be read; none when those that are here are large. */
  get room(): number {
    const hasRoom = this.characters < MOST_READ_CHARACTERS;
    return hasRoom ? MOST_DEFINITIONS - this.pipelines.size - this.tasks.size : 0;
  }

  /** @returns how many characters it has */
  put({ kind, name }: Reference, spec: unknown): number {
    const size = sizeOf(spec);
    this.characters += size;
    const found = objectOf(spec as object | undefined);
    if (kind === "Pipeline") this.pipelines.set(name, found && keptPipeline(found));
    else this.tasks.set(name, found && keptTask(found));
    return size;
  }
}

type Read = (reference: Reference) => Promise<unknown>;

/** Told of characters that have been read, before anything is made of them. */
export type OnRead = (characters: number) => Promise<void>;

/** Definitions name further ones: until none is missing, or there is no more room. */
export async function completed(
  run: PipelineRun,
  about: Surroundings,
  read: Read,
  onRead?: OnRead,
): Promise<Definitions> {
  const shelf = new Shelf();
  const { pipelines, tasks } = shelf;
  const known: Definitions = { ...about, pipelines, tasks };
  for (let round = 0; round <= DEEPEST; round++) {
    const missing = missingDefinitions(run, known);
    if (missing.length === 0) return known;
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      const some = missing.slice(start, start + Math.min(AT_ONCE, shelf.room));
      if (some.length === 0) return { ...known, notReadBecause: NOT_READ_BECAUSE };
      const specs = await Promise.all(some.map(read));
      const sizes = some.map((reference, index) => shelf.put(reference, specs[index]));
      await onRead?.(sizes.reduce((total, size) => total + size, 0));
    }
  }
  return known;
}

type Surroundings = Pick<Definitions, "limitRanges" | "runtimeOverhead" | "overheads">;

export async function readDefinitions(
  run: PipelineRun,
  limitRanges: V1LimitRange[],
  clients: KubeClients,
  onRead?: OnRead,
): Promise<Definitions> {
  const namespace = run.metadata!.namespace!;
  const overheads = await overheadsOf(runtimeClassesOf(run as PlannedRun), clients);
  const runtimeOverhead = overheads.get(run.spec?.taskRunTemplate?.podTemplate?.runtimeClassName ?? "") ?? {};
  const read: Read = reference => readSpec(clients, namespace, reference);
  return completed(run, { limitRanges, runtimeOverhead, overheads }, read, onRead);
}

async function overheadsOf(names: string[], clients: KubeClients): Promise<Map<string, Resources>> {
  const overheads = new Map<string, Resources>();
  for (const name of names) {
    const found = await ifThere(clients.node.readRuntimeClass({ name }));
    overheads.set(name, countedResources(found?.overhead?.podFixed));
  }
  return overheads;
}
