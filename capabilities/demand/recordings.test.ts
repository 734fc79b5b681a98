/**
 * What a real Tekton 1.15 made of small runs, against what was reckoned before: each task's pods, and what each asks
 * for as kube-scheduler counts it. Inputs and pods are in ./recorded and in testbed/tekton-stand-in/recordings. The last
 * test says how many are compared. Left out are a retry's pod, which asks for what the first did; tasks whose pods
 * Kubernetes refused, which have to be told instead; and tasks that were not reached (NEVER_RAN). Where the placeholder
 * may go beside its pods is in preview/recordings.test.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1LimitRange, V1ObjectMeta, V1Pod, V1RuntimeClass } from "@kubernetes/client-node";
import { describe, expect, it } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";
import { TEKTON_PIPELINE_RUN_LABEL } from "../keys";
import { overheadsOf, podsOf, withOverheads } from "../placement/pod-templates";
import { podRequests } from "../room/pod-requests";
import { known } from "../testing/definitions";
import type { PipelineRun } from "../tekton/objects";
import { CONTAINER_DEFAULTS_KEY, containerDefaultsFrom } from "./container-defaults";
import { toQuantities } from "./resources";
import { missingDefinitions, taskGraph } from "./task-graph";

type Quantities = Record<string, string>;

interface Recorded {
  /** For each task by its path, what each of its pods asked for; a retry's pod is not there beside the first. */
  pods: Record<string, Quantities[]>;
  /** What Kubernetes said of tasks whose pods it refused. */
  refusedPods?: Record<string, string>;
  /** What Tekton said when it refused the run. */
  refusedRun?: string;
}

interface Resource {
  kind: string;
  metadata: V1ObjectMeta;
  spec: object;
  data?: Record<string, string>;
}

const own = join(__dirname, "recorded");
const testbed = join(__dirname, "../../testbed/tekton-stand-in/recordings");
const PIPELINE_TASK = "tekton.dev/pipelineTask";

/**
 * Tasks without a pod that could have had one: a task before them failed, the run was stopped or timed out, or their
 * `when` asks how another task ended.
 */
const NEVER_RAN: Record<string, string[]> = {
  failing: ["never"],
  "pending-stopped": ["a"],
  "custom-beside-task": ["deploy"],
  "finally-resources": ["on-failure"],
};
/** What is not about demand: the placeholder's template, claims, or a field that Tekton refuses wherever it stands. */
const REFUSED_OTHERWISE = ["pod-template-params", "resources-in-pipeline"];

function inputOf(directory: string, name: string) {
  const text = readFileSync(join(directory, `${name}.yaml`), "utf8");
  const objects = parseAllDocuments(text).map(document => document.toJS() as Resource);
  const ofKind = (kind: string) => objects.filter(object => object.kind === kind);
  const specs = (kind: string) =>
    Object.fromEntries(ofKind(kind).map(({ metadata, spec }) => [metadata.name!, spec]));
  const classes = ofKind("RuntimeClass") as object[] as V1RuntimeClass[];
  const settings =
    ofKind("ConfigMap").find(({ metadata }) => metadata.name === "config-defaults")?.data ?? {};
  const definitions = known(specs("Pipeline"), specs("Task"), {
    limitRanges: ofKind("LimitRange") as object[] as V1LimitRange[],
    containerDefaults: containerDefaultsFrom(parse(settings[CONTAINER_DEFAULTS_KEY] ?? "")),
  });
  const runtimeClasses = new Map(classes.map(item => [item.metadata!.name!, item]));
  return { run: objects.at(-1) as object as PipelineRun, definitions, runtimeClasses };
}

/** A whole recording, as it is in the test bed, read for its pods. */
function recordedPods(file: string): Recorded {
  const { objectsAsCreated } = JSON.parse(readFileSync(file, "utf8")) as {
    objectsAsCreated: Record<string, Resource>;
  };
  const pods: Recorded["pods"] = {};
  for (const object of Object.values(objectsAsCreated)) {
    if (object.kind !== "Pod" || /-retry\d+$/.test(object.metadata.name!)) continue;
    const labels = object.metadata.labels!;
    const run = objectsAsCreated[`PipelineRun/${labels[TEKTON_PIPELINE_RUN_LABEL]}`];
    const child = run?.metadata.ownerReferences ? `${run.metadata.labels?.[PIPELINE_TASK]}/` : "";
    const path = child + labels[PIPELINE_TASK];
    pods[path] = [...(pods[path] ?? []), toQuantities(podRequests(object as V1Pod))];
  }
  return { pods };
}

const recorded = JSON.parse(readFileSync(join(own, "pods.json"), "utf8")) as Record<string, Recorded>;
const inTestbed = readdirSync(testbed)
  .filter(file => file.endsWith(".yaml"))
  .map(file => file.slice(0, -".yaml".length));
const recordings = [
  ...Object.entries(recorded).map(([name, found]) => ({ name, ...inputOf(own, name), ...found })),
  ...inTestbed
    .filter(name => !Object.hasOwn(recorded, name))
    .map(name => ({ name, ...inputOf(testbed, name), ...recordedPods(join(testbed, `${name}.json`)) })),
];

describe("of each recorded run", () => {
  it.each(recordings)(
    "$name: the pods, and what each asks for",
    ({ name, run, definitions, runtimeClasses, pods, refusedPods = {}, refusedRun }) => {
      expect(missingDefinitions(run, definitions)).toEqual([]);
      const overheads = overheadsOf(run.spec, { pods: podsOf(run, definitions), runtimeClasses });
      const { tasks, notes } = withOverheads(taskGraph(run, definitions, { cpu: 1000 }), overheads);
      const left = [...(NEVER_RAN[name] ?? []), ...Object.keys(refusedPods)];
      const planned = tasks
        .filter(({ name: task, count }) => count > 0 && !left.includes(task))
        .map(({ name: task, count, each }) => [
          task,
          Array.from({ length: count }, () => toQuantities(each)),
        ]);
      if (refusedRun === undefined) expect(Object.fromEntries(planned)).toEqual(pods);
      const isTold = Object.keys(refusedPods).length > 0 && !REFUSED_OTHERWISE.includes(name);
      expect(notes).toHaveLength(isTold ? 1 : 0);
      for (const task of isTold ? Object.keys(refusedPods) : []) {
        expect(notes[0]).toMatch(new RegExp(`^Kubernetes will refuse the pods of .*${task} \\(`));
      }
    },
  );

  const countOf = (lists: readonly (readonly unknown[])[]) => lists.flat().length;
  const figures = {
    runs: recordings.length,
    pods: countOf(recordings.flatMap(({ pods }) => Object.values(pods))),
    tasksWithRefusedPods: countOf(recordings.map(({ refusedPods = {} }) => Object.keys(refusedPods))),
    tasksNotReached: countOf(Object.values(NEVER_RAN)),
  };
  it(`all are compared: ${JSON.stringify(figures)}`, () => {
    expect(figures).toEqual({ runs: 59, pods: 130, tasksWithRefusedPods: 7, tasksNotReached: 4 });
  });
});
