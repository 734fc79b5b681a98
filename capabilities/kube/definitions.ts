/** Reads what a run's demand depends on beside the run itself. */
import type { V1LimitRange } from "@kubernetes/client-node";
import { sizeOf } from "../demand/allowance";
import { keptPipeline, keptTask } from "../demand/kept";
import { DEEPEST, MOST_DEFINITIONS, MOST_READ_CHARACTERS } from "../demand/limits";
import { missingDefinitions, type Definitions, type Reference } from "../demand/task-graph";
import {
  referenceKey,
  referenceText,
  type PipelineSpec,
  type PlannedRun,
  type TaskSpec,
} from "../demand/pipeline-spec";
import { parseResources, type Resources } from "../demand/resources";
import { runtimeClassesOf } from "../demand/runtime-classes";
import { objectOf } from "../demand/untrusted";
import type { KubeClients } from "./client";
import { ifThere, statusOf } from "./errors";
import { TEKTON_GROUP } from "../keys";
import type { PipelineRun } from "../tekton/objects";

const FORBIDDEN = 403;
const PLURALS = { Pipeline: "pipelines", Task: "tasks" } as const;

/** Another namespace than the run's may be closed to us. */
class NotAllowed {}

async function readSpec(
  clients: KubeClients,
  own: string,
  { kind, name, namespace = own }: Reference,
): Promise<unknown> {
  const which = { group: TEKTON_GROUP, version: "v1", plural: PLURALS[kind], namespace, name };
  try {
    const found = await ifThere<{ spec?: unknown }>(clients.custom.getNamespacedCustomObject(which));
    return found?.spec;
  } catch (error) {
    if (namespace !== own && statusOf(error) === FORBIDDEN) return new NotAllowed();
    throw error;
  }
}

/** A few at a time: the connections are shared with every other run, and each may be large. */
const AT_ONCE = 5;

const NOT_READ_BECAUSE = `of one run up to ${MOST_DEFINITIONS} definitions and ${MOST_READ_CHARACTERS} characters are read`;

/** Definitions as they come in; only what is needed of each is kept. */
class Shelf {
  readonly pipelines = new Map<string, PipelineSpec | undefined>();
  readonly tasks = new Map<string, TaskSpec | undefined>();
  readonly notAllowed = new Set<string>();
  private characters = 0;

  /** How many more may be read; none when those that are here are large. */
  get room(): number {
    const hasRoom = this.characters < MOST_READ_CHARACTERS;
    return hasRoom ? MOST_DEFINITIONS - this.pipelines.size - this.tasks.size : 0;
  }

  put(reference: Reference, read: unknown): void {
    if (read instanceof NotAllowed) this.notAllowed.add(referenceText(reference));
    const spec = read instanceof NotAllowed ? undefined : objectOf(read as object | undefined);
    this.characters += sizeOf(spec);
    const key = referenceKey(reference);
    if (reference.kind === "Pipeline") this.pipelines.set(key, spec && keptPipeline(spec));
    else this.tasks.set(key, spec && keptTask(spec));
  }
}

type Read = (reference: Reference) => Promise<unknown>;

/** Definitions name further ones: until none is missing, or there is no more room. */
export async function completed(run: PipelineRun, about: Surroundings, read: Read): Promise<Definitions> {
  const shelf = new Shelf();
  const { pipelines, tasks, notAllowed } = shelf;
  const known: Definitions = { ...about, pipelines, tasks, notAllowed };
  for (let round = 0; round <= DEEPEST; round++) {
    const missing = missingDefinitions(run, known);
    if (missing.length === 0) return known;
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      const some = missing.slice(start, start + Math.min(AT_ONCE, shelf.room));
      if (some.length === 0) return { ...known, notReadBecause: NOT_READ_BECAUSE };
      const specs = await Promise.all(some.map(read));
      some.forEach((reference, index) => shelf.put(reference, specs[index]));
    }
  }
  return known;
}

type Surroundings = Pick<Definitions, "limitRanges" | "runtimeOverhead" | "overheads" | "resolvedPipelines">;

export async function readDefinitions(
  run: PipelineRun,
  limitRanges: V1LimitRange[],
  clients: KubeClients,
  resolvedPipelines?: Definitions["resolvedPipelines"],
): Promise<Definitions> {
  const namespace = run.metadata!.namespace!;
  const overheads = await overheadsOf(runtimeClassesOf(run as PlannedRun), clients);
  const runtimeOverhead = overheads.get(run.spec?.taskRunTemplate?.podTemplate?.runtimeClassName ?? "") ?? {};
  const about = { limitRanges, runtimeOverhead, overheads, resolvedPipelines };
  return completed(run, about, reference => readSpec(clients, namespace, reference));
}

async function overheadsOf(names: string[], clients: KubeClients): Promise<Map<string, Resources>> {
  const overheads = new Map<string, Resources>();
  for (const name of names) {
    const found = await ifThere(clients.node.readRuntimeClass({ name }));
    overheads.set(name, parseResources(found?.overhead?.podFixed));
  }
  return overheads;
}
