/** Reads what a run's demand depends on beside the run itself. */
import type { V1LimitRange } from "@kubernetes/client-node";
import { sizeOf } from "../demand/allowance";
import { keptPipeline, keptTask } from "../demand/kept";
import { DEEPEST, MOST_DEFINITIONS, MOST_READ_CHARACTERS } from "../demand/limits";
import { missingDefinitions, type Definitions, type Reference } from "../demand/task-graph";
import type { PipelineSpec, TaskSpec } from "../demand/pipeline-spec";
import type { TektonDefaults } from "../demand/tekton-defaults";
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

  put({ kind, name }: Reference, spec: unknown): void {
    this.characters += sizeOf(spec);
    const found = objectOf(spec as object | undefined);
    if (kind === "Pipeline") this.pipelines.set(name, found && keptPipeline(found));
    else this.tasks.set(name, found && keptTask(found));
  }
}

type Read = (reference: Reference) => Promise<unknown>;

/** Definitions name further ones: until none is missing, or there is no more room. */
export async function completed(run: PipelineRun, about: Surroundings, read: Read): Promise<Definitions> {
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
      some.forEach((reference, index) => shelf.put(reference, specs[index]));
    }
  }
  return known;
}

type Surroundings = Omit<Definitions, "pipelines" | "tasks">;

/** RuntimeClasses are not among them: what they add to each pod is reckoned by its pod template, see withOverheads. */
export function readDefinitions(
  run: PipelineRun,
  limitRanges: readonly V1LimitRange[],
  defaults: TektonDefaults,
  clients: KubeClients,
): Promise<Definitions> {
  const namespace = run.metadata!.namespace!;
  return completed(run, { ...defaults, limitRanges, runtimeOverhead: {} }, reference =>
    readSpec(clients, namespace, reference),
  );
}
