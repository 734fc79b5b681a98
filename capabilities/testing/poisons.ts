/** Runs that any tenant can make, each within the size that the API server takes, that would cost far more than that. */
import type { V1LimitRange } from "@kubernetes/client-node";
import type {
  Definitions,
  Param,
  PipelineSpec,
  PipelineTask,
  TaskContainer,
  TaskSpec,
} from "../demand/pipeline-spec";
import type { PipelineRun } from "../tekton/objects";
import { asking, known, runOf } from "./definitions";

export interface Poison {
  run: PipelineRun;
  definitions: Definitions;
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const objectOf = <T>(count: number, make: (index: number) => T): Record<string, T> =>
  Object.fromEntries(times(count, index => [`r${index}`, make(index)]));
const param = (name: string, value: Param["value"]): Param => ({ name, value: value! });
const alone = (spec: PipelineSpec, more: object = {}): Poison => ({
  run: runOf(spec, more),
  definitions: known(),
});
const task = (name: string, taskSpec: TaskSpec, more: PipelineTask = {}): PipelineTask => ({
  name,
  taskSpec,
  ...more,
});
const named = (count: number, name: string): PipelineTask[] =>
  times(count, index => ({ name: `t${index}`, taskRef: { name } }));
const deep = (): unknown => JSON.parse("[".repeat(9000) + "]".repeat(9000));
const requesting = (requests: Record<string, string>): TaskContainer => ({ computeResources: { requests } });
const MEGABYTE = 2 ** 20;

/** Pipelines in each other, each of which hands its parameter down to the next, grown. */
function growing(grown: (reference: string) => Param["value"], first: Param["value"]): Poison {
  const params = [{ name: "x" }];
  const ending = asking("end", "1", {
    matrix: { params: [param("p", "$(params.x[*])")] },
    params: [param("q", "$(params.x)")],
  });
  let spec: PipelineSpec = { params, tasks: [ending] };
  for (let depth = 0; depth < 9; depth++) {
    const child = { name: "in", pipelineSpec: spec, params: [param("x", grown("$(params.x)"))] };
    spec = { params, tasks: [child, { name: "named", taskRef: { name: "$(params.x)" } }] };
  }
  return alone(spec, { params: [param("x", first)] });
}

/** A definition that is named very often. */
const often = (pipeline: PipelineSpec, tasks: PipelineTask[], taskSpec: TaskSpec): Poison => ({
  run: runOf(pipeline, {
    taskRunSpecs: times(10_000, index => ({
      pipelineTaskName: `t${index}`,
      stepSpecs: [requesting({ cpu: "1" })],
    })),
  }),
  definitions: known({ big: { tasks } }, { big: taskSpec }),
});

const limitRange = (limits: object[]): V1LimitRange => ({ spec: { limits } }) as V1LimitRange;
const within = (ranges: V1LimitRange[]): Poison => ({
  run: runOf({ tasks: times(5000, index => asking(`t${index}`, "1")) }),
  definitions: known({}, {}, { limitRanges: ranges }),
});

/** The text that makes a pattern try again and again. */
const texts = (text: string): Poison =>
  alone(
    {
      tasks: [
        task("a", { steps: [{ script: `${text}.results.` }] }),
        asking("b", "1", {
          params: [param("p", text)],
          matrix: { params: [param("q", [text])], include: [{ params: [param("q", text)] }] },
        }),
        { name: "c", taskRef: { name: text } },
      ],
    },
    { params: [param("p", text)] },
  );

export const POISONS: Record<string, () => Poison> = {
  "a long array that a matrix names 200 times": () =>
    alone(
      {
        params: [{ name: "list" }],
        tasks: [
          asking("a", "1", {
            matrix: { params: times(200, index => param(`p${index}`, "$(params.list[*])")) },
          }),
        ],
      },
      {
        params: [
          param(
            "list",
            times(250_000, () => "1"),
          ),
        ],
      },
    ),
  "long items and as many entries of include": () =>
    alone({
      tasks: [
        asking("a", "1", {
          matrix: {
            params: [
              param(
                "p",
                times(200, index => `${index}`),
              ),
            ],
            include: times(50_000, index => ({ params: [param("p", `x${index}`)] })),
          },
        }),
      ],
    }),
  "a text that doubles from pipeline to pipeline": () => growing(x => x.repeat(16), "x".repeat(1000)),
  "an array that doubles from pipeline to pipeline": () =>
    growing(
      x => times(16, () => x.replace(")", "[*])")),
      times(100_000, () => "x"),
    ),
  "many texts that one parameter makes long": () =>
    alone(
      {
        params: [{ name: "x" }],
        tasks: [
          {
            name: "in",
            pipelineSpec: { tasks: [asking("a", "1")] },
            params: times(20_000, index => param(`p${index}`, "a$(params.x)")),
          },
        ],
      },
      { params: [param("x", "x".repeat(60_000))] },
    ),
  "80,000 tasks": () => alone({ tasks: times(80_000, index => ({ name: `t${index}` })) }),
  "400,000 steps": () => alone({ tasks: [task("a", { steps: times(400_000, () => ({})) })] }),
  "a template of many resources for many steps": () =>
    alone({
      tasks: [
        task("a", {
          steps: times(100_000, () => ({})),
          stepTemplate: requesting(objectOf(75_000, () => "1")),
        }),
        ...times(300, index =>
          task(`t${index}`, {
            steps: times(900, () => ({})),
            stepTemplate: requesting(objectOf(30, () => "1")),
          }),
        ),
      ],
    }),
  "settings for many steps": () =>
    alone(
      { tasks: [task("a", { steps: times(20_000, index => ({ name: `s${index}` })) })] },
      {
        taskRunSpecs: [{ pipelineTaskName: "a", stepSpecs: times(20_000, index => ({ name: `s${index}` })) }],
      },
    ),
  "a large Task that every task names": () =>
    often({ tasks: named(10_000, "big") }, [], {
      steps: times(900, index => ({
        name: `s${index}`,
        script: "x".repeat(1500),
        ...requesting({ cpu: "1" }),
      })),
    }),
  "a large Pipeline that every task names": () =>
    often(
      { tasks: times(9000, index => ({ name: `t${index}`, pipelineRef: { name: "big" } })) },
      [
        task("a", { steps: times(5000, () => ({ script: "$(tasks.b.results.c) ".repeat(12) })) }),
        task("b", {}),
      ],
      {},
    ),
  "resources of its own for every task": () =>
    alone({
      tasks: times(8000, index =>
        task(`t${index}`, {
          steps: [requesting(Object.fromEntries(times(4, i => [`r${index}x${i}`, "1"])))],
        }),
      ),
    }),
  "odd values": () =>
    alone({
      tasks: [
        task("a", { steps: [{ computeResources: { requests: { cpu: deep() as string } } }] }),
        asking("b", "1", {
          matrix: { params: [param("p", [deep() as string, { toString: 1 } as unknown as string])] },
        }),
        asking("c", "1", { params: [param("p", deep() as string)] }),
        task("d", deep() as TaskSpec),
      ],
    }),
  "an object parameter that is given again and again": () =>
    alone(
      { params: [{ name: "o", default: { a: "" } }], tasks: [asking("a", "1")] },
      { params: times(40_000, index => param("o", { [`k${index}`]: "" })) },
    ),
  "a LimitRange of many items": () => within([limitRange(times(70_000, () => ({ type: "Container" })))]),
  "a LimitRange of many resources": () =>
    within([limitRange([{ type: "Container", defaultRequest: objectOf(70_000, () => "1") }])]),
  "LimitRanges of many resources together": () =>
    within([
      limitRange(times(3000, at => ({ type: "Container", min: { [`a${at}`]: "1", [`b${at}`]: "1" } }))),
    ]),
  "openings without an end": () => texts("$(".repeat(400_000)),
  "references without an end": () => texts("$(params.a[1".repeat(80_000)),
  "one long reference without an end": () => texts(`$(params.${"a.".repeat(400_000)}`),
  "references to nothing": () => texts("$(a)".repeat(250_000)),
  "all after all before": () =>
    alone({
      tasks: times(600, index =>
        asking(`t${index}`, `${1 + ((index * 7919) % 997)}m`, { runAfter: times(index, at => `t${at}`) }),
      ),
    }),
  "a tangle of 8,000 tasks": () =>
    alone({
      tasks: times(8000, index =>
        asking(`t${index}`, `${1 + ((index * 7919) % 997)}m`, {
          runAfter: index < 20 ? [] : times(6, at => `t${(index * 31 + at * 6007) % index}`),
        }),
      ),
    }),
  "defaults that double from one to the next": () =>
    alone({
      params: times(2000, index => ({ name: `p${index}`, default: `$(params.p${index + 1})`.repeat(20) })),
      tasks: [asking("a", "1", { params: [param("q", "$(params.p0)")] })],
    }),
  "conditions that are long and deep": () =>
    alone(
      {
        params: [{ name: "list" }],
        tasks: [
          asking("a", "1", { when: times(20_000, () => ({ cel: `${"(".repeat(20)}'a'` })) }),
          asking("b", "1", { when: [{ cel: "(".repeat(400_000) }] }),
          asking("c", "1", {
            when: times(200, () => ({
              input: "$(params.list[*])",
              operator: "in",
              values: ["$(params.list[*])"],
            })),
          }),
        ],
      },
      {
        params: [
          param(
            "list",
            times(100_000, () => "x"),
          ),
        ],
      },
    ),
  "matrices in matrices": () => {
    let spec: PipelineSpec = { tasks: [asking("end", "1")] };
    const matrix = {
      params: [
        param(
          "p",
          times(256, index => `${index}`),
        ),
      ],
    };
    for (let depth = 0; depth < 9; depth++) spec = { tasks: [{ name: "in", pipelineSpec: spec, matrix }] };
    return alone(spec);
  },
  "long names of resolvers and kinds": () =>
    alone({
      tasks: [
        ...times(20, index => ({ name: `t${index}`, taskRef: { resolver: "x".repeat(50_000) } })),
        { name: "k", taskRef: { apiVersion: "a/v1", kind: "x".repeat(100_000) } },
        task("q", { steps: [requesting({ cpu: "x".repeat(100_000) })] }),
      ],
    }),
};

/** A Task as it may be large: one script. */
export const largeTask = (): TaskSpec => ({
  steps: [{ name: "s", script: "x".repeat(MEGABYTE), ...requesting({ cpu: "1" }) }],
});
