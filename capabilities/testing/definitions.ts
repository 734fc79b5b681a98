/** Builders of what a run's demand is reckoned from, for tests. */
import type { Definitions, PipelineSpec, PipelineTask, TaskSpec } from "../demand/pipeline-spec";
import { peakDemand } from "../demand/peak";
import { toQuantities, type Resources } from "../demand/resources";
import { taskGraph, type TaskGraph } from "../demand/task-graph";
import type { PipelineRun } from "../tekton/objects";

/** A task of one step that asks for this. */
export const aTask = (requests: Record<string, string>): TaskSpec => ({
  steps: [{ name: "s", computeResources: { requests } }],
});

export const asking = (name: string, cpu: string, more: PipelineTask = {}): PipelineTask => ({
  name,
  taskSpec: aTask({ cpu }),
  ...more,
});

export const runOf = (pipelineSpec: PipelineSpec, more: object = {}): PipelineRun =>
  ({ apiVersion: "tekton.dev/v1", kind: "PipelineRun", spec: { pipelineSpec, ...more } }) as PipelineRun;

type Named<T> = Record<string, T | undefined>;

export const known = (
  pipelines: Named<PipelineSpec> = {},
  tasks: Named<TaskSpec> = {},
  more: Partial<Definitions> = {},
): Definitions => ({
  pipelines: new Map(Object.entries(pipelines)),
  tasks: new Map(Object.entries(tasks)),
  limitRanges: [],
  ...more,
});

/** What a pod counts as in these tests of which nothing is known. */
export const UNKNOWN: Resources = { cpu: 100 };
export const graphOf = (run: PipelineRun, definitions: Definitions = known()): TaskGraph =>
  taskGraph(run, definitions, UNKNOWN);
export const peakOf = (run: PipelineRun, definitions?: Definitions): Record<string, string> =>
  toQuantities(peakDemand(graphOf(run, definitions)).peak);
