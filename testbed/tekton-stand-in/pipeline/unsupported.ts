/** What a real Tekton can do and the stand-in cannot. A run that asks for it fails, with these words. */
import { whereabouts } from "../resolvers";
import { references } from "../substitution";
import type { PipelineRun, PipelineSpec, PipelineTask, TaskRef, TaskSpec } from "../types";

const standIn = "the test bed's stand-in for Tekton";

const sentence = (where: string, what: string): string =>
  `${where} uses ${what}, which ${standIn} does not support; run it on a cluster with a real Tekton, or leave it out`;

/** What a Task asks for that the stand-in does not have. */
export function unsupportedInTask(name: string, spec: TaskSpec): string | undefined {
  const referring = spec.steps?.find(step => step["ref"] !== undefined);
  if (referring) return sentence(`task ${name}`, "a StepAction (steps[].ref)");
  const conditional = spec.steps?.find(step => step["when"] !== undefined);
  return conditional && sentence(`task ${name}`, "when in a step (steps[].when)");
}

const usesResults = (value: unknown): boolean =>
  references(JSON.stringify(value ?? null), "tasks.").some(name => name.includes(".results"));

const unknownResolver = "a resolver without the params name and namespace";
const isFound = (ref: TaskRef | undefined): boolean => !ref || whereabouts(ref, "") !== undefined;

function unsupportedInPipelineTask(task: PipelineTask): string | undefined {
  const where = `pipeline task ${task.name}`;
  if (!isFound(task.taskRef) || !isFound(task.pipelineRef)) return sentence(where, unknownResolver);
  if (task.when?.some(expression => expression.cel !== undefined)) return sentence(where, "CEL in when");
  if (usesResults(task.when)) return sentence(where, "a task's result in when");
  if (usesResults(task.matrix)) return sentence(where, "a task's result in matrix");
  return task.taskSpec && unsupportedInTask(task.name, task.taskSpec);
}

/** What the run or its pipeline asks for that the stand-in does not have; undefined when it has it all. */
export function unsupported(run: PipelineRun, spec: PipelineSpec): string | undefined {
  if (!isFound(run.spec.pipelineRef)) return sentence(`PipelineRun ${run.metadata.name}`, unknownResolver);
  const results = spec["results"] as unknown[] | undefined;
  if (results?.length) return sentence("the pipeline", "results of a pipeline, as no step really runs here,");
  return [...(spec.tasks ?? []), ...(spec.finally ?? [])]
    .map(unsupportedInPipelineTask)
    .find(problem => problem !== undefined);
}
