/** Reads what a run's demand depends on beside the run itself. */
import type { V1LimitRange } from "@kubernetes/client-node";
import { sizeOf } from "../demand/allowance";
import { keptPipeline, keptTask } from "../demand/kept";
import { DEEPEST, MOST_DEFINITIONS, MOST_READ_CHARACTERS } from "../demand/limits";
import { missingDefinitions, type Definitions, type Reference } from "../demand/task-graph";
import { referenceKey, referenceText, type PipelineSpec, type TaskSpec } from "../demand/pipeline-spec";
import type { TektonDefaults } from "../demand/tekton-defaults";
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

  /** @returns how many characters it has */
  put(reference: Reference, read: unknown): number {
    const isAllowed = !(read instanceof NotAllowed);
    if (!isAllowed) this.notAllowed.add(referenceText(reference));
    const size = isAllowed ? sizeOf(read) : 0;
    this.characters += size;
    const spec = isAllowed ? objectOf(read as object | undefined) : undefined;
    const key = referenceKey(reference);
    if (reference.kind === "Pipeline") this.pipelines.set(key, spec && keptPipeline(spec));
    else this.tasks.set(key, spec && keptTask(spec));
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
  const { pipelines, tasks, notAllowed } = shelf;
  const known: Definitions = { ...about, pipelines, tasks, notAllowed };
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

type Surroundings = Omit<Definitions, "pipelines" | "tasks" | "notAllowed" | "notReadBecause">;

export interface Reading {
  /** Tekton's, as they are now. */
  defaults: TektonDefaults;
  onRead?: OnRead;
  /** Pipelines in the run's pipeline, by their paths, that Tekton has resolved. */
  resolvedPipelines?: Definitions["resolvedPipelines"];
}

/** RuntimeClasses are not among them: what they add to each pod is reckoned by its pod template, see withOverheads. */
export function readDefinitions(
  run: PipelineRun,
  limitRanges: readonly V1LimitRange[],
  clients: KubeClients,
  { defaults, onRead, resolvedPipelines }: Reading,
): Promise<Definitions> {
  const namespace = run.metadata!.namespace!;
  const read: Read = reference => readSpec(clients, namespace, reference);
  const about = { ...defaults, limitRanges, resolvedPipelines };
  return completed(run, about, read, onRead);
}
