/** What Tekton did with the inputs in testbed/tekton-stand-in/recordings, against what was reckoned before. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1ObjectMeta, V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { known } from "../testing/definitions";
import { TEKTON_PIPELINE_RUN_LABEL } from "../keys";
import type { PipelineRun } from "../tekton/objects";
import { parseResources, sum, type Resources } from "./resources";
import { missingDefinitions, taskGraph } from "./task-graph";

const directory = join(__dirname, "../../testbed/tekton-stand-in/recordings");
const PIPELINE_TASK = "tekton.dev/pipelineTask";

interface Resource {
  kind: string;
  metadata: V1ObjectMeta;
  spec: object;
}

/** Tasks that had no pod when the recording was made: a task before them failed, or the run was stopped first. */
const NEVER_RAN: Record<string, string[]> = { failing: ["never"], "pending-stopped": ["a"] };

const read = (file: string): string => readFileSync(join(directory, file), "utf8");

function input(name: string) {
  const objects = parseAllDocuments(read(`${name}.yaml`)).map(document => document.toJS() as Resource);
  const specs = (kind: string) =>
    Object.fromEntries(
      objects.filter(object => object.kind === kind).map(object => [object.metadata.name!, object.spec]),
    );
  return { run: objects.at(-1) as PipelineRun, definitions: known(specs("Pipeline"), specs("Task")) };
}

/** For each task by its path, what each of its pods asked for; a retry's pod is not there beside the first. */
function recordedPods(name: string): Map<string, Resources[]> {
  const { objectsAsCreated } = JSON.parse(read(`${name}.json`)) as {
    objectsAsCreated: Record<string, Resource>;
  };
  const pods = new Map<string, Resources[]>();
  for (const object of Object.values(objectsAsCreated)) {
    if (object.kind !== "Pod" || /-retry\d+$/.test(object.metadata.name!)) continue;
    const labels = object.metadata.labels!;
    const run = objectsAsCreated[`PipelineRun/${labels[TEKTON_PIPELINE_RUN_LABEL]}`];
    const child = run?.metadata.ownerReferences ? `${run.metadata.labels?.[PIPELINE_TASK]}/` : "";
    const path = child + labels[PIPELINE_TASK];
    const containers = (object as V1Pod).spec!.containers;
    const asked = sum(...containers.map(container => parseResources(container.resources?.requests)));
    pods.set(path, [...(pods.get(path) ?? []), asked]);
  }
  return pods;
}

const names = readdirSync(directory)
  .filter(file => file.endsWith(".yaml"))
  .map(file => file.slice(0, -".yaml".length));

describe("of each recorded run", () => {
  it.each(names)("%s: the pods, and what each asks for", name => {
    const { run, definitions } = input(name);
    expect(missingDefinitions(run, definitions)).toEqual([]);
    const graph = taskGraph(run, definitions, { cpu: 1000 });
    const planned = graph.tasks
      .filter(({ name: task, count }) => count > 0 && !NEVER_RAN[name]?.includes(task))
      .map(({ name: task, count, each }) => [task, Array.from({ length: count }, () => each)]);
    // A custom task makes no pod that Tekton knows of; it counts as configured.
    const expected = name === "custom-task" ? new Map([["wait", [{ cpu: 1000 }]]]) : recordedPods(name);
    expect(new Map(planned as [string, Resources[]][])).toEqual(expected);
    expect(graph.notes).toHaveLength(name === "custom-task" ? 1 : 0);
  });
});
