import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { floorOf } from "../choices/settings";
import { amountOf, sum, type Resources } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import {
  aRun,
  childRun,
  customRunOf,
  planned,
  plannedCustom,
  seenOf,
  SETTINGS,
  taskPod,
  taskRunOf,
} from "../testing/builders";
import type { PipelineRun, TaskRun } from "../tekton/objects";
import { BUILT_IN_CHOICES } from "../choices/choices";
import { NO_BOUNDS } from "./namespace-bounds";
import { podRequests } from "./pod-requests";
import { progressOf, type Seen } from "./progress";
import { reservationFor, sizeAtRelease, sizeBeside, type Reservation } from "./reservation";

const cpu = (amount: number): Resources => ({ cpu: amount });
const run = (skipped: string[] = []): PipelineRun => ({
  ...aRun().placed().run,
  status: { skippedTasks: skipped.map(name => ({ name })) },
});
const seen = (more: Partial<Seen> = {}): Seen => seenOf(run(), more);
const reservationOf = (tasks: PlannedTask[], firstWave: Resources = {}): Reservation => ({
  ask: {},
  floor: {},
  firstWave,
  tasks,
});
const chain = [planned("a", cpu(1000)), planned("b", cpu(2000), ["a"]), planned("c", cpu(4000), ["b"])];
const nested = [
  planned("a", cpu(1000)),
  planned("inner", {}, ["a"], 0),
  planned("inner/x", cpu(2000), ["inner"]),
  planned("inner/deep", {}, ["inner/x"], 0),
  planned("inner/deep/y", cpu(3000), ["inner/deep"]),
  planned("innermost", cpu(500)),
];
const inner = childRun("inner");
const deep = childRun("deep", "build-inner");
const endedBy = (more: Partial<Seen>, tasks = chain) =>
  Object.fromEntries(progressOf(seen(more), reservationOf(tasks)).ended);

describe("ended", () => {
  test.each<[string, Partial<Seen>, PlannedTask[], Record<string, number>]>([
    ["nothing, at first", {}, chain, {}],
    ["a task that succeeded", { taskRuns: [taskRunOf("a", "True")] }, chain, { a: 1 }],
    ["a task that failed", { taskRuns: [taskRunOf("a", "False")] }, chain, { a: 1 }],
    ["not one that goes on, or is tried again", { taskRuns: [taskRunOf("a", "Unknown")] }, chain, {}],
    [
      "each pod of a matrix for itself",
      { taskRuns: ["1", "2", "3"].map(name => taskRunOf("m", name === "3" ? "Unknown" : "True", { name })) },
      [planned("m", cpu(1), [], 3)],
      { m: 2 },
    ],
    [
      "a custom task whose CustomRun has ended",
      { customRuns: [customRunOf("ask", "True")] },
      [plannedCustom("ask")],
      { ask: 1 },
    ],
    ["not one whose CustomRun goes on", { customRuns: [customRunOf("ask")] }, [plannedCustom("ask")], {}],
    ["a skipped custom task", { run: run(["ask"]) }, [plannedCustom("ask", [], 2)], { ask: 2 }],
    [
      "a custom task of a child, by its path",
      { children: [inner], customRuns: [customRunOf("x", "True", { run: "build-inner" })] },
      nested,
      { "inner/x": 1 },
    ],
    ["a skipped task, with all of its pods", { run: run(["m"]) }, [planned("m", cpu(1), [], 3)], { m: 3 }],
    ["a skipped task that is not planned", { run: run(["other"]) }, chain, {}],
    [
      "a task of a child, by its path",
      { children: [inner], taskRuns: [taskRunOf("x", "True", { run: "build-inner" })] },
      nested,
      { "inner/x": 1 },
    ],
    [
      "a task of a child's child, in whatever order they are seen",
      { children: [deep, inner], taskRuns: [taskRunOf("y", "True", { run: "build-inner-deep" })] },
      nested,
      { "inner/deep/y": 1 },
    ],
    [
      "not the task of the same name in another pipeline",
      { children: [inner], taskRuns: [taskRunOf("a", "True", { run: "build-inner" })] },
      nested,
      { "inner/a": 1 },
    ],
    [
      "what is left of a child that has ended",
      {
        children: [
          childRun("inner", "build", { status: { conditions: [{ type: "Succeeded", status: "False" }] } }),
        ],
      },
      nested,
      { "inner/x": 1, "inner/deep": 0, "inner/deep/y": 1 },
    ],
    [
      "all of a pipeline in a pipeline that is skipped, and no namesake",
      { run: run(["inner"]) },
      nested,
      { inner: 0, "inner/x": 1, "inner/deep": 0, "inner/deep/y": 1 },
    ],
    [
      "what a child skips",
      { children: [{ ...inner, status: { skippedTasks: [{ name: "x" }] } }] },
      nested,
      { "inner/x": 1 },
    ],
    [
      "not the TaskRun of a run that is not one of its children",
      { taskRuns: [taskRunOf("a", "True", { run: "other" })] },
      chain,
      {},
    ],
    [
      "nothing of children that are each other's parents",
      {
        children: [childRun("p", "build-q", { metadata: { name: "p", labels: deep.metadata!.labels! } })],
        taskRuns: [taskRunOf("x", "True", { run: "p" })],
      },
      nested,
      {},
    ],
  ])("%s", (_what, more, tasks, expected) => {
    expect(endedBy(more, tasks)).toEqual(expected);
  });
});

describe("held", () => {
  const held = (more: Partial<Seen>, tasks = chain, firstWave = {}) =>
    progressOf(seen(more), reservationOf(tasks, firstWave)).held;
  const a = taskRunOf("a");

  test.each<[string, Partial<Seen>, Resources]>([
    [
      "by a task whose turn it is, before its pod is there",
      { taskRuns: [taskRunOf("a", "True")] },
      cpu(2000),
    ],
    ["by a task that goes on", { taskRuns: [a], pods: [taskPod(a, cpu(1000))] }, cpu(1000)],
    [
      "by a pod that asks for more than was planned",
      { taskRuns: [a], pods: [taskPod(a, cpu(1700))] },
      cpu(1700),
    ],
    ["once by a task between its TaskRun and its pod", { taskRuns: [a] }, cpu(1000)],
    ["by no task that was skipped", { run: run(["b"]), taskRuns: [taskRunOf("a", "True")] }, cpu(4000)],
    // Its pod can come before anybody has seen a TaskRun.
    ["by the task after one that was skipped first of all", { run: run(["a"]) }, cpu(2000)],
  ])("%s", (_what, more, expected) => {
    expect(held(more, chain, cpu(1000))).toEqual(expected);
  });

  test("by the first wave, until anything is seen of the run", () => {
    expect(held({}, chain, cpu(1000))).toEqual(cpu(1000));
  });

  describe("where the tasks are not known, as with the annotation `requests`", () => {
    const first = taskRunOf("a");
    const second = taskRunOf("b");
    test.each([
      { name: "its first pod is not there yet", more: { taskRuns: [first] }, expected: cpu(1000) },
      {
        name: "its first pods are there in part",
        more: { taskRuns: [first, second], pods: [taskPod(first, cpu(300))] },
        expected: cpu(1000),
      },
      {
        name: "all pods are there",
        more: { taskRuns: [first], pods: [taskPod(first, cpu(300))] },
        expected: cpu(300),
      },
      {
        name: "pods ask for more than was thought",
        more: { taskRuns: [first, second], pods: [taskPod(first, cpu(1700))] },
        expected: cpu(1700),
      },
      { name: "all has ended", more: { taskRuns: [taskRunOf("a", "True")] }, expected: {} },
    ])("$name", ({ more, expected }) => {
      expect(held(more, [], cpu(1000))).toEqual(expected);
    });

    test("the placeholder is no larger with the first TaskRun than it was without", () => {
      const reservation = { ...reservationOf([], cpu(1000)), ask: cpu(4000) };
      const sizes = [seen(), seen({ taskRuns: [first] })].map(one =>
        sizeBeside(reservation, progressOf(one, reservation)),
      );
      expect(sizes[1]).toEqual(sizes[0]);
    });
  });

  test("by a TaskRun that the reservation does not name among others, as much as by the first wave", () => {
    const taskRuns = [
      taskRunOf("a", "True"),
      taskRunOf("b", "True"),
      taskRunOf("c", "True"),
      taskRunOf("other"),
    ];
    expect(held({ taskRuns }, chain, cpu(1000))).toEqual(cpu(1000));
  });

  test("by what is left of a matrix", () => {
    const tasks = [planned("m", cpu(1000), [], 3), planned("n", cpu(8000), ["m"])];
    expect(held({ taskRuns: [taskRunOf("m", "True")] }, tasks)).toEqual(cpu(2000));
  });

  // Source: Tekton's pipelinerunresolution.go, isSuccessful and isFailure: a custom task is done when all of its
  // CustomRuns are.
  describe("by what comes after a custom task", () => {
    const withCustom = (count: number) => [
      planned("a", cpu(1000)),
      plannedCustom("ask", [], count),
      planned("b", cpu(2000), ["ask"]),
    ];
    const taskRuns = [a];
    const ask = (name: string, succeeded?: "True" | "False") => customRunOf("ask", succeeded, { name });

    test.each<{ name: string; more: Partial<Seen>; count?: number; expected: Resources }>([
      { name: "not before its CustomRun is there", more: { taskRuns }, expected: cpu(1000) },
      { name: "not while it goes on", more: { taskRuns, customRuns: [ask("1")] }, expected: cpu(1000) },
      { name: "when it has ended", more: { taskRuns, customRuns: [ask("1", "True")] }, expected: cpu(3000) },
      {
        name: "when it has failed: what comes after it may be allowed to run",
        more: { taskRuns, customRuns: [ask("1", "False")] },
        expected: cpu(3000),
      },
      {
        name: "not when one of two has ended",
        more: { taskRuns, customRuns: [ask("1", "True"), ask("2")] },
        count: 2,
        expected: cpu(1000),
      },
      {
        name: "when both of two have ended",
        more: { taskRuns, customRuns: [ask("1", "True"), ask("2", "True")] },
        count: 2,
        expected: cpu(3000),
      },
      { name: "when it is skipped", more: { taskRuns, run: run(["ask"]) }, expected: cpu(3000) },
      {
        name: "in any case when its TaskRun is there",
        more: { taskRuns: [a, taskRunOf("b")] },
        expected: cpu(3000),
      },
      {
        name: "as the first thing that is seen of the run",
        more: { customRuns: [ask("1", "True")] },
        expected: cpu(3000),
      },
    ])("$name", ({ more, count = 1, expected }) => {
      expect(held(more, withCustom(count), cpu(1000))).toEqual(expected);
    });
  });

  test("by a child's tasks, when all before the child has ended", () => {
    const taskRuns = [taskRunOf("a", "True")];
    expect(held({ taskRuns, children: [inner] }, nested)).toMatchObject(cpu(2500));
    const x = taskRunOf("x", "True", { run: "build-inner" });
    expect(held({ taskRuns: [...taskRuns, x], children: [inner] }, nested)).toMatchObject(cpu(3500));
  });

  test("by TaskRuns without pods, and live pods, where a task is tried again", () => {
    const taskRuns = [taskRunOf("a"), taskRunOf("b"), taskRunOf("c", "True")];
    const pods = [taskPod(taskRuns[1]!, cpu(2000))];
    expect(held({ taskRuns, pods }, chain)).toEqual(cpu(3000));
  });
});

describe("of a run of 10,000 tasks", () => {
  const COUNT = 10_000;
  const names = Array.from({ length: COUNT }, (_, index) => `t${index}`);

  /** The tasks, and how often anything of them has been read. */
  function counted(tasks: PlannedTask[]): { tasks: PlannedTask[]; reads: () => number } {
    let reads = 0;
    const get = (task: PlannedTask, field: string | symbol): unknown => {
      reads++;
      return task[field as keyof PlannedTask];
    };
    return { tasks: tasks.map(task => new Proxy(task, { get })), reads: () => reads };
  }

  test("whose pipelines in pipelines are empty, each is looked at a few times", () => {
    // From the last to the first: where all are looked at again and again, each time one is settled.
    const chained = names.map((name, index) => planned(name, {}, index === 0 ? [] : [names[index - 1]!], 0));
    const { tasks, reads } = counted(chained.toReversed());
    progressOf(seen({ taskRuns: [taskRunOf("other", "True")] }), reservationOf(tasks));
    expect(reads()).toBeLessThan(20 * COUNT);
  });

  const MOST_MILLISECONDS = 500;
  function millisecondsOf(work: () => void): number {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  }

  test.each([
    { name: "each is skipped", skips: names },
    { name: "as many others are skipped", skips: names.map(name => `${name}x`) },
  ])("$name, in no time", ({ skips }) => {
    const tasks = names.map(name => planned(name, cpu(1)));
    const work = () => void progressOf(seen({ run: run(skips) }), reservationOf(tasks));
    expect(millisecondsOf(work)).toBeLessThan(MOST_MILLISECONDS);
  });

  test("child runs that are each other's parents are given up at once", () => {
    const children = names.map((name, index) => {
      const { labels } = childRun(name, names[(index + 1) % COUNT]!).metadata!;
      return childRun(name, "", { metadata: { name, labels: labels! } });
    });
    const work = () => void progressOf(seen({ children }), reservationOf(chain));
    expect(millisecondsOf(work)).toBeLessThan(MOST_MILLISECONDS);
  });
});

const RESOURCES = ["cpu", "memory"];
const FLOOR = floorOf(SETTINGS);
/** Up to 8 tasks, each after some of those before it; some with a matrix, some without pods, some custom. */
const graphs = fc
  .array(
    fc.record({
      each: fc.record({ cpu: fc.nat({ max: 4000 }), memory: fc.nat({ max: 2 ** 30 }) }, { requiredKeys: [] }),
      count: fc.nat({ max: 3 }),
      isCustom: fc.boolean(),
      before: fc.array(fc.nat({ max: 7 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map(tasks =>
    tasks.map(({ each, count, isCustom, before }, index) => {
      const after = before.filter(one => one < index).map(one => `t${one}`);
      return isCustom ? plannedCustom(`t${index}`, after, count) : planned(`t${index}`, each, after, count);
    }),
  );

/** A run that goes forward pod by pod, as Tekton lets it. */
class Simulation {
  readonly skipped: string[] = [];
  /** Those of custom tasks are CustomRuns. */
  readonly taskRuns: TaskRun[] = [];
  constructor(readonly tasks: PlannedTask[]) {}

  private size = ({ count, customRuns = 0 }: PlannedTask): number => count + customRuns;
  private isCustom = (one: TaskRun): boolean =>
    this.tasks.some(
      ({ name, customRuns }) => customRuns !== undefined && one.metadata!.name!.startsWith(`${name}.`),
    );

  private of = (task: PlannedTask): TaskRun[] =>
    this.taskRuns.filter(({ metadata }) => metadata!.name!.startsWith(`${task.name}.`));
  private live = (one: TaskRun): boolean => one.status!.conditions![0]!.status === "Unknown";
  private isOver = (task: PlannedTask): boolean =>
    this.skipped.includes(task.name) ||
    (this.isReady(task) && this.of(task).filter(one => !this.live(one)).length === this.size(task));
  private isReady = (task: PlannedTask): boolean =>
    task.after.every(name => this.isOver(this.tasks.find(one => one.name === name)!));
  private notStarted = (task: PlannedTask): number => this.size(task) - this.of(task).length;

  seen(): Seen {
    const byName = new Map(this.tasks.map(task => [task.name, task]));
    const customRuns = this.taskRuns.filter(this.isCustom);
    const taskRuns = this.taskRuns.filter(one => !this.isCustom(one));
    const pods = taskRuns
      .filter(this.live)
      .map(one => taskPod(one, byName.get(one.metadata!.name!.split(".")[0]!)!.each));
    return seen({ run: run(this.skipped), taskRuns, customRuns, pods });
  }
  /** Pods that may come at any moment. */
  next(): PlannedTask[] {
    return this.tasks.filter(
      task => !this.skipped.includes(task.name) && this.isReady(task) && this.notStarted(task) > 0,
    );
  }
  isDone = (): boolean => this.next().length === 0 && !this.taskRuns.some(this.live);

  /** One of all things that may happen now. */
  go(choice: number): void {
    const running = this.taskRuns.filter(this.live);
    const starting = this.next();
    const skippable = starting.filter(task => this.of(task).length === 0);
    const things = [
      ...running.map(one => () => void (one.status!.conditions![0]!.status = choice % 2 ? "True" : "False")),
      ...starting.map(task => () => {
        const name = `${task.name}.${this.of(task).length}`;
        this.taskRuns.push(taskRunOf(task.name, "Unknown", { name }));
      }),
      ...skippable.map(task => () => void this.skipped.push(task.name)),
    ];
    things[choice % things.length]?.();
  }
  /** What `next` will take, all at once. */
  upcoming = (): Resources =>
    sum(...this.next().flatMap(task => Array.from({ length: this.notStarted(task) }, () => task.each)));
}

test("at every moment of every run, room is free for the pods that may come, and no more is taken than was reserved", () => {
  fc.assert(
    fc.property(graphs, fc.infiniteStream(fc.nat({ max: 1000 })), (tasks, choices) => {
      const graph = { tasks, notes: [] };
      // With no floor below it, the sum is exact; the floor is tested by itself.
      const { reservation } = reservationFor(graph, BUILT_IN_CHOICES, { cpu: 0, memory: 0 }, NO_BOUNDS);
      const simulation = new Simulation(tasks);
      let size = sizeAtRelease(reservation);
      while (true) {
        const now = simulation.seen();
        size = sizeBeside(reservation, progressOf(now, reservation));
        const live = sum(...now.pods.map(podRequests));
        for (const resource of RESOURCES) {
          const taken = [size, live, simulation.upcoming()].map(one => amountOf(one, resource));
          expect(taken[0]! + taken[1]! + taken[2]!).toBeLessThanOrEqual(amountOf(reservation.ask, resource));
        }
        if (simulation.isDone()) break;
        simulation.go(choices.next().value!);
      }
      expect(size).toEqual({ cpu: 0, memory: 0 });
    }),
    { numRuns: 500 },
  );
});

test("at every moment, what is kept and what runs suffice for the rest of the run, and the floor stays", () => {
  fc.assert(
    fc.property(graphs, fc.infiniteStream(fc.nat({ max: 1000 })), (tasks, choices) => {
      const { reservation } = reservationFor({ tasks, notes: [] }, BUILT_IN_CHOICES, FLOOR, NO_BOUNDS);
      const simulation = new Simulation(tasks);
      while (!simulation.isDone()) {
        const progress = progressOf(simulation.seen(), reservation);
        const size = sizeBeside(reservation, progress);
        const rest = sizeBeside(reservation, { ...progress, held: {} });
        for (const resource of RESOURCES) {
          expect(amountOf(size, resource)).toBeGreaterThanOrEqual(amountOf(FLOOR, resource));
          expect(amountOf(sum(size, progress.held), resource)).toBeGreaterThanOrEqual(
            amountOf(rest, resource),
          );
        }
        simulation.go(choices.next().value!);
      }
    }),
    { numRuns: 200 },
  );
});
