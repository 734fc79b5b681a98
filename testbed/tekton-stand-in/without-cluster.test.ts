/**
 * Holds the stand-in's controllers against recordings of a real Tekton, without a cluster: in place of the API server
 * and the nodes stands contract/memory.ts. Compared are all objects as they were asked for (requests and limits, node
 * selectors, tolerations, affinity, labels, volumes …) and what each came to; not the states between.
 */
import { describe, expect, jest, test } from "@jest/globals";
import { askedAndEnds } from "./contract/asked";
import { valueDifferences } from "./contract/differences";
import { Memory } from "./contract/memory";
import { normalise } from "./contract/normalise";
import { definedOrderProblems } from "./contract/order";
import {
  INPUTS_WITHOUT_CLUSTER,
  namespaceOf,
  withoutClusterFor,
  type Recording,
  type Resource,
} from "./contract/recording";
import { PipelineRunController } from "./io/pipeline-runs";
import { TaskRunController } from "./io/task-runs";
import type { Api } from "./io/api";
import type { PipelineSpec } from "./types";

/** What the stand-in leaves out, and so is not as recorded. */
const LEFT_OUT: Record<string, string> = {
  "default-container-resources": "the ConfigMap config-defaults is not read",
  "default-pod-template": "the ConfigMap config-defaults is not read",
  "limit-range-default": "LimitRanges are not divided among steps",
  "limit-range-default-request": "LimitRanges are not divided among steps",
  "limit-range-max": "LimitRanges are not divided among steps",
  "limit-range-min": "LimitRanges are not divided among steps",
  "limit-range-ratio": "LimitRanges are not divided among steps",
  "limit-range-two": "LimitRanges are not divided among steps",
  "native-sidecars": "the flag enable-kubernetes-sidecar is not read",
  "step-action": "StepActions are not supported, which the run says",
  when: "CEL is not supported, which the run says",
};

/** More rounds than any of the inputs takes: those that go on are told then. */
const mostRounds = 100;

/** Lets the controllers and the pods do what they can, then time go on to when they can do more. */
async function play(memory: Memory): Promise<void> {
  let now = Date.parse("2026-01-01T00:00:00Z");
  jest.spyOn(Date, "now").mockImplementation(() => now);
  const api = memory as unknown as Api;
  const controllers = [
    { kind: "PipelineRun", controller: new PipelineRunController(api, memory.stores) },
    { kind: "TaskRun", controller: new TaskRunController(api, memory.stores) },
  ] as const;
  for (let round = 0; round < mostRounds; round++) {
    const before = memory.writes;
    const later: number[] = [];
    for (const { kind, controller } of controllers) {
      for (const key of memory.keysOf(kind)) {
        await controller.reconcile(key, milliseconds => later.push(milliseconds));
      }
    }
    memory.runPods();
    if (memory.writes > before) continue;
    if (later.length === 0) return;
    now += Math.min(...later);
  }
  throw new Error(
    `not at rest after ${mostRounds} rounds: ${JSON.stringify(memory.recording.timeline.slice(-6))}`,
  );
}

async function rehearsed(namespace: string, objects: Resource[], recorded: Recording): Promise<Recording> {
  const memory = new Memory(namespace, recorded);
  for (const object of objects) {
    const why = memory.apply(object);
    if (why !== undefined) return { ...memory.recording, refused: why };
  }
  await play(memory);
  return memory.recording;
}

function pipelinesOf(objects: Resource[]): Record<string, PipelineSpec> {
  const pipelines = objects.filter(({ kind }) => kind === "Pipeline");
  return Object.fromEntries(pipelines.map(({ metadata, spec }) => [metadata!.name!, spec as PipelineSpec]));
}

async function problemsOf(input: string): Promise<string[]> {
  const { recorded, objects } = await withoutClusterFor(input);
  const here = await rehearsed(namespaceOf(input), objects, recorded);
  if (here.refused !== undefined || recorded.refused !== undefined) {
    const [words] = (here.refused ?? "nothing").split(" (spec."); // What the stand-in adds to Tekton's words.
    return recorded.refused?.includes(words!) ? [] : [`refused: ${recorded.refused}; here: ${here.refused}`];
  }
  const [before, now] = [askedAndEnds(normalise(recorded)), askedAndEnds(normalise(here))];
  return [
    ...valueDifferences("asked", before.asked, now.asked),
    ...valueDifferences("ends", before.ends, now.ends),
    ...definedOrderProblems(here, pipelinesOf(objects)),
  ];
}

const compared = INPUTS_WITHOUT_CLUSTER.filter(input => !(input in LEFT_OUT));

describe("what is made of an input is what a real Tekton made of it", () => {
  test.each(compared)("%s", async input => {
    expect(await problemsOf(input)).toEqual([]);
  });
});

describe("what is made of an input is something else, as", () => {
  test.each(Object.entries(LEFT_OUT).map(([input, why]) => ({ input, why })))(
    "$why: $input",
    async ({ input }) => {
      const problems = await problemsOf(input).catch((error: Error) => [error.message]);
      expect(problems).not.toEqual([]);
    },
  );
});
