/** Reads what a run's demand depends on beside the run itself. */
import type { V1LimitRange } from "@kubernetes/client-node";
import { missingDefinitions, type Definitions, type Reference } from "../demand/task-graph";
import type { PipelineSpec, TaskSpec } from "../demand/pipeline-spec";
import { parseResources } from "../demand/resources";
import type { KubeClients } from "./client";
import { ifThere } from "./errors";
import { TEKTON_GROUP } from "../keys";
import type { PipelineRun } from "../tekton/objects";

/** Pipelines in pipelines name further ones; Tekton itself goes no deeper in practice. */
const MOST_ROUNDS = 10;
/** More than this many definitions are not read for one run; the rest count as unknown. */
const MOST_DEFINITIONS = 500;

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

/** A few at a time: the connections are shared with every other run. */
const AT_ONCE = 5;

export async function readDefinitions(
  run: PipelineRun,
  limitRanges: V1LimitRange[],
  clients: KubeClients,
): Promise<Definitions> {
  const namespace = run.metadata!.namespace!;
  const pipelines = new Map<string, PipelineSpec | undefined>();
  const tasks = new Map<string, TaskSpec | undefined>();
  const runtimeOverhead = parseResources(await overheadOf(run, clients));
  const known: Definitions = { pipelines, tasks, limitRanges, runtimeOverhead };
  for (let round = 0; round < MOST_ROUNDS && pipelines.size + tasks.size < MOST_DEFINITIONS; round++) {
    const missing = missingDefinitions(run, known).slice(0, MOST_DEFINITIONS);
    if (missing.length === 0) break;
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      const some = missing.slice(start, start + AT_ONCE);
      const specs = await Promise.all(some.map(reference => readSpec(clients, namespace, reference)));
      some.forEach(({ kind, name }, index) =>
        kind === "Pipeline"
          ? pipelines.set(name, specs[index] as PipelineSpec | undefined)
          : tasks.set(name, specs[index] as TaskSpec | undefined),
      );
    }
  }
  return known;
}

async function overheadOf(
  run: PipelineRun,
  clients: KubeClients,
): Promise<Record<string, string> | undefined> {
  const name = run.spec?.taskRunTemplate?.podTemplate?.runtimeClassName;
  if (!name) return undefined;
  return (await ifThere(clients.node.readRuntimeClass({ name })))?.overhead?.podFixed;
}
