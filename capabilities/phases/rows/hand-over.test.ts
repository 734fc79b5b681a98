import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../../demand/resources";
import { PHASE_LABEL } from "../../keys";
import type { PlaceholderRecord } from "../../placement/record";
import type { Reservation } from "../../room/reservation";
import { PATIENCE_SECONDS } from "../../room/waiting-pods";
import { YIELD_AFTER_SECONDS } from "../../room/yielding";
import type { TaskRun } from "../../tekton/objects";
import {
  aRun,
  containerStatus,
  observed,
  PLACEHOLDER_POD_UID,
  placeholderPodOf,
  planned,
  runPod,
  SETTINGS,
  taskPod,
  taskRunOf,
} from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import { nextStep } from "../table";
import { asking } from "../../testing/stateful-sets";

const GI = 2 ** 30;
const floor = { cpu: 10, memory: 16 * 2 ** 20 };
/** a, then b and c side by side. */
const reservation: Reservation = {
  ask: { cpu: 4000, memory: GI },
  floor,
  firstWave: { cpu: 1000 },
  tasks: [
    planned("a", { cpu: 1000 }),
    planned("b", { cpu: 2000 }, ["a"]),
    planned("c", { cpu: 2000 }, ["a"]),
  ],
};
const kept: Reservation = { ...reservation, tasks: [] };
const placed = () => aRun().placed().run;

const setOf = (asks: Resources, record?: Partial<PlaceholderRecord>, of = kept) => asking(asks, of, record);
const podOf = (asked: Resources) => placeholderPodOf(aRun().held().run, "node-1", kept, asked);
const replaced = { pinnedTo: "node-1", replaces: "uid-of-an-earlier-pod" };
const replacing = { pinnedTo: "node-1", replaces: PLACEHOLDER_POD_UID };

describe("while the run goes", () => {
  const now = new Date("2026-01-01T00:01:00Z");
  const refused = (secondsAgo: number) => ({
    growthRefusedAt: new Date(now.getTime() - secondsAgo * 1000).toISOString(),
  });
  interface Going {
    taskRuns?: TaskRun[];
    pods?: V1Pod[];
    record?: Partial<PlaceholderRecord>;
    skipped?: string[];
    /** What the StatefulSet asks for; default: the floor. */
    set?: Resources;
    of?: Reservation;
  }
  const a = taskRunOf("a");
  const [b, c] = [taskRunOf("b"), taskRunOf("c")];
  const aEnded = taskRunOf("a", "True");
  const next = (
    asked: Resources,
    { taskRuns = [], pods = [], record = {}, skipped = [], set = floor, of = reservation }: Going = {},
  ) => {
    const run = placed();
    const going = { ...run, status: { skippedTasks: skipped.map(name => ({ name })) } };
    const more = {
      statefulSet: setOf(set, record, of),
      pods: [podOf(asked), ...pods],
      taskRuns,
    };
    return stepFor(observed(going, more), now);
  };
  const sized = (cpu: number) => ({ cpu, memory: GI });

  test.each([
    { name: "withdraws a growth that was put off", record: {}, expected: "withdraw-growth" },
    { name: "leaves one that a policy raised", record: { raisedTo: { cpu: 3000 } }, expected: "none" },
  ])("$name", ({ record, expected }) => {
    const pod = podOf({ cpu: 3000, memory: floor.memory });
    pod.status!.containerStatuses = [containerStatus({ cpu: "10m", memory: "16Mi" })];
    pod.status!.conditions = [{ type: "PodResizePending", status: "True" }];
    const of = { ...kept, ask: floor, firstWave: {} };
    const more = { statefulSet: setOf(floor, { isSettled: true, ...record }, of), pods: [pod] };
    expect(stepFor(observed(placed(), more), now).kind).toBe(expected);
  });

  test.each([
    { name: "writes where it stands when Tekton has set that back", phase: "held", expected: "note-node" },
    { name: "leaves what is right", phase: "placed", expected: "none" },
  ])("$name", ({ phase, expected }) => {
    const run = placed();
    run.metadata!.labels![PHASE_LABEL] = phase;
    const more = {
      statefulSet: setOf(floor, {}, { ...kept, ask: floor, firstWave: {} }),
      pods: [podOf(floor)],
    };
    expect(stepFor(observed(run, more), now).kind).toBe(expected);
  });

  test("tells of a pod that asks for more than can be counted, and is as it should be beside it", () => {
    const pod = taskPod(a, {});
    pod.spec!.containers[0]!.resources = { requests: { memory: "9Ei" } };
    const step = next(floor, { taskRuns: [a], pods: [pod], of: kept });
    expect(step).toMatchObject({ kind: "resize", size: { cpu: 4000, memory: floor.memory } });
    expect(step.warnings).toMatchObject([{ reason: "TooMuchRequested" }]);
  });

  test("does not hand over what its container may be started with, and looks again", () => {
    const pod = podOf(sized(3000));
    const lastTransitionTime = new Date(now.getTime() - 2000);
    pod.status = { conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime }] };
    const more = { statefulSet: setOf(floor, {}, reservation), pods: [pod], taskRuns: [aEnded] };
    expect(stepFor(observed(placed(), more), now)).toMatchObject({ kind: "wait", lookAgainSeconds: 3 });
    pod.status.containerStatuses = [containerStatus({ cpu: "3", memory: "1Gi" })];
    expect(stepFor(observed(placed(), more), now)).toMatchObject({ kind: "resize", size: { cpu: 10 } });
  });

  test("tells that the placeholder's image cannot be pulled, and hands over as ever", () => {
    const pod = podOf(sized(3000));
    const waiting = { reason: "ImagePullBackOff", message: "no such image" };
    pod.status!.containerStatuses = [{ ...containerStatus(undefined), state: { waiting } }];
    const more = { statefulSet: setOf(floor, {}, reservation), pods: [pod], taskRuns: [aEnded] };
    const step = stepFor(observed(placed(), more), now);
    expect(step).toMatchObject({ kind: "resize", size: { cpu: 10 } });
    expect(step.warnings).toMatchObject([{ reason: "PlaceholderNotRunning" }]);
  });

  test.each<{ name: string; asked: number; going?: Going; cpu: number | undefined }>([
    { name: "stays while the first pods come", asked: 3000, cpu: undefined },
    {
      name: "stays while they run",
      asked: 3000,
      going: { taskRuns: [a], pods: [taskPod(a, { cpu: 1000 })] },
      cpu: undefined,
    },
    {
      name: "makes room for tasks whose turn has come",
      asked: 3000,
      going: { taskRuns: [aEnded] },
      cpu: 10,
    },
    {
      name: "stays small while their pods run",
      asked: 10,
      going: { taskRuns: [aEnded, b, c], pods: [taskPod(b, { cpu: 2000 }), taskPod(c, { cpu: 2000 })] },
      cpu: undefined,
    },
    {
      name: "takes no room back that nothing needs any more",
      asked: 10,
      going: { taskRuns: [aEnded, taskRunOf("b", "True"), c] },
      cpu: undefined,
    },
    {
      name: "gives up what a skipped task would have needed",
      asked: 3000,
      going: { taskRuns: [a], skipped: ["b"] },
      cpu: 1000,
    },
    {
      name: "makes way for a pod that asks for more than was planned",
      asked: 3000,
      going: { taskRuns: [a], pods: [taskPod(a, { cpu: 1500 })] },
      cpu: 2500,
    },
    { name: "grows to what is to come", asked: 10, going: { taskRuns: [a] }, cpu: 3000 },
    {
      name: "does not count pods that have ended",
      asked: 3000,
      going: { taskRuns: [a], pods: [runPod("Succeeded")] },
      cpu: undefined,
    },
  ])("$name", ({ asked, going, cpu }) => {
    const step = next(sized(asked), going);
    if (cpu === undefined) expect(step).toMatchObject({ kind: "none" });
    else expect(step).toMatchObject({ kind: "resize", size: sized(cpu) });
  });

  test("takes no room back of what is scarce", () => {
    const run = placed();
    const scarce = (names: string[]): V1StatefulSet => setOf(floor, {}, { ...reservation, scarce: names });
    const grown = (names: string[]) => {
      const pods = [podOf({ cpu: 10, memory: 1 })];
      const more = { statefulSet: scarce(names), pods, taskRuns: [a] };
      return stepFor(observed(run, more), now);
    };
    expect(grown(["cpu"])).toMatchObject({ kind: "resize", size: { cpu: 10, memory: GI } });
    expect(grown(["cpu", "memory"])).toMatchObject({ kind: "none" });
  });

  test("shrinks of one resource, though another one is to grow and may not", () => {
    const asked = { cpu: 3000, memory: floor.memory };
    expect(next(asked, { taskRuns: [aEnded], record: refused(0) })).toMatchObject({
      kind: "resize",
      size: { cpu: 10, memory: floor.memory },
    });
  });

  test("is never below the floor", () => {
    const ended = ["a", "b", "c"].map(name => taskRunOf(name, "True"));
    expect(next(sized(3000), { taskRuns: ended })).toMatchObject({ kind: "resize", size: { cpu: 10 } });
  });

  const waiting = (taskRun: TaskRun, requests: Resources, secondsAgo: number, lacks = "cpu"): V1Pod => {
    const pod = taskPod(taskRun, requests);
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      lastTransitionTime: new Date(now.getTime() - secondsAgo * 1000),
      message: `0/2 nodes are available: 1 Insufficient ${lacks}, 1 node(s) didn't match pod affinity rules.`,
    };
    return { ...pod, status: { phase: "Pending", conditions: [condition] } };
  };

  describe("a pod that waits for room", () => {
    const bBound = { ...taskPod(b, { cpu: 2000 }) };
    bBound.spec = { ...bBound.spec!, nodeName: "node-1" };
    const atWork = { taskRuns: [aEnded, b, c] };

    test("gets the floor as well, where it lacks no more", () => {
      const at = (seconds: number) =>
        next(sized(10), { ...atWork, pods: [bBound, waiting(c, { cpu: 2000 }, seconds)] });
      expect(at(YIELD_AFTER_SECONDS)).toMatchObject({ kind: "resize", size: { cpu: 0 } });
      // At first the hand-over may still be under way, and what the scheduler says may be of other nodes.
      expect(at(YIELD_AFTER_SECONDS - 2)).toMatchObject({ kind: "wait", lookAgainSeconds: 2 });
    });
    test("gets nothing of what it does not lack", () => {
      const pods = [bBound, waiting(c, { cpu: 2000 }, YIELD_AFTER_SECONDS, "memory")];
      const step = next(
        { cpu: 10, memory: GI },
        { ...atWork, pods, of: { ...reservation, ask: { cpu: 4000, memory: floor.memory } } },
      );
      expect(step).toMatchObject({ kind: "resize", size: { cpu: 10, memory: 0 } });
    });
    test("gets nothing that others are still to need", () => {
      const pods = [waiting(a, { cpu: 1000 }, 5)];
      expect(next(sized(3000), { taskRuns: [a], pods })).toMatchObject({ kind: "wait" });
    });
    test("a floor that was given up is not taken back", () => {
      const pods = [bBound, taskPod(c, { cpu: 2000 })];
      expect(next({ cpu: 0, memory: GI }, { ...atWork, pods })).toMatchObject({ kind: "none" });
    });
    test("is followed to another node, after a while, when nothing of the run is left on its own", () => {
      const at = (seconds: number) =>
        next(sized(3000), { taskRuns: [a], pods: [waiting(a, { cpu: 1000 }, seconds)] });
      expect(at(PATIENCE_SECONDS - 3)).toMatchObject({ kind: "wait", lookAgainSeconds: 3 });
      expect(at(PATIENCE_SECONDS)).toMatchObject({ kind: "start-over", ask: { cpu: 4000, memory: GI } });
    });
    test("is not, while another pod of the run is on the node", () => {
      const pods = [bBound, waiting(c, { cpu: 2000 }, 60)];
      expect(next({ cpu: 0, memory: GI }, { ...atWork, pods })).toMatchObject({ kind: "none" });
    });
    test("is, where nothing was reserved", () => {
      const none = { ...kept, ask: floor, firstWave: {} };
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      const step = next({ cpu: 0, memory: floor.memory }, { taskRuns: [a], pods, of: none });
      expect(step).toMatchObject({ kind: "start-over", ask: { cpu: 1000 } });
    });
    test("is, where a quota is scarce, but asks for nothing of that beside what waits", () => {
      const scarce = { ...reservation, scarce: ["cpu"] };
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      const step = next(sized(3000), { taskRuns: [a], pods, of: scarce });
      expect(step).toMatchObject({ kind: "start-over", ask: { cpu: floor.cpu, memory: GI } });
    });
    test("is, where the quota had no room for a reservation at first", () => {
      const nothing = { ...reservation, ask: floor };
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      const step = next({ cpu: 0, memory: floor.memory }, { taskRuns: [a], pods, of: nothing });
      expect(step).toMatchObject({ kind: "start-over", ask: { cpu: 1000 } });
    });
    describe("with moves switched off", () => {
      const settings = { ...SETTINGS, MOVES: "disabled" as const };
      const taint = "0/1 nodes are available: 1 node(s) had untolerated taint(s)";
      test.each([
        { what: "is, for room that was kept", kind: "start-over" },
        { what: "is not, where nothing was reserved", of: { ...kept, ask: floor, firstWave: {} } },
        { what: "is not, where a quota is scarce", of: { ...reservation, scarce: ["cpu"] } },
        { what: "is not, when what it lacks is not room", message: taint },
      ])("$what", ({ of = reservation, message, kind = "none" }) => {
        const waits = waiting(a, { cpu: 1000 }, 60);
        if (message !== undefined) waits.status!.conditions![0]!.message = message;
        const asks = of === reservation || of.scarce ? sized(3000) : { cpu: 0, memory: floor.memory };
        const pods = [podOf(asks), waits];
        const seen = observed(placed(), { statefulSet: setOf(floor, {}, of), pods, taskRuns: [a] });
        expect(nextStep(seen, settings, now).kind).toBe(kind);
      });
    });
    test("is looked for after the placeholder was made again, not at once", () => {
      const placeholder = podOf(sized(3000));
      placeholder.metadata!.creationTimestamp = now;
      const run = placed();
      const pods = [placeholder, waiting(a, { cpu: 1000 }, 60)];
      const seen = observed(run, { statefulSet: setOf(floor, {}, reservation), pods, taskRuns: [a] });
      expect(stepFor(seen, now)).toMatchObject({
        kind: "wait",
        lookAgainSeconds: PATIENCE_SECONDS,
      });
    });
  });

  test("gives what is waited for before it takes back something else", () => {
    const step = next({ cpu: 10, memory: 2 * GI }, { taskRuns: [a] });
    expect(step).toMatchObject({ kind: "resize", size: { cpu: 10, memory: GI } });
  });

  test("counts nothing of an earlier run of the same name", () => {
    const owner = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", name: "build", controller: true };
    const of = (uid: string): TaskRun => ({
      ...aEnded,
      metadata: { ...aEnded.metadata, ownerReferences: [{ ...owner, uid }] },
    });
    expect(next(sized(3000), { taskRuns: [of("uid-of-run")] })).toMatchObject({ size: { cpu: 10 } });
    expect(next(sized(3000), { taskRuns: [of("uid-of-an-earlier-run")] })).toMatchObject({ kind: "none" });
  });

  describe("a shrink that the kubelet does not grant", () => {
    const stuck = (allocated: number, record: Partial<PlaceholderRecord> = {}) => {
      const placeholder = podOf(sized(10));
      placeholder.status = {
        conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }],
        containerStatuses: [containerStatus({ cpu: `${allocated}m`, memory: "1Gi" })],
      };
      const more = {
        statefulSet: setOf(floor, record, reservation),
        pods: [placeholder],
        taskRuns: [aEnded],
      };
      return more;
    };
    const run = placed();
    test("is made by replacing the pod", () => {
      const step = stepFor(observed(run, stuck(3000)), now);
      expect(step).toMatchObject({ kind: "pin-placeholder", node: "node-1", size: { cpu: 10 } });
      const then = stepFor(observed(run, stuck(3000, replacing)), now);
      expect(then).toMatchObject({ kind: "remake-pod" });
      expect(stepFor(observed(aRun().held().run, stuck(3000)), now)).toMatchObject({
        kind: "pin-placeholder",
      });
    });
    test("is no growth, and a growth is withdrawn", () => {
      expect(stepFor(observed(run, stuck(5)), now)).toMatchObject({
        kind: "withdraw-growth",
        size: { cpu: 5 },
      });
    });
  });

  test("keeps nothing for later while the quota refuses a pod now", () => {
    const refusedByQuota = {
      ...b,
      status: { conditions: [{ type: "Succeeded", status: "Unknown", reason: "ExceededResourceQuota" }] },
    };
    expect(next(sized(3000), { taskRuns: [a, refusedByQuota] })).toMatchObject({
      kind: "resize",
      size: floor,
    });
  });

  describe("a placeholder that is replaced", () => {
    test("is made again, when its StatefulSet asks for less", () => {
      expect(next(sized(3000), { record: replacing })).toMatchObject({ kind: "remake-pod" });
    });
    test("is settled when it has come", () => {
      expect(next(floor, { record: replaced, taskRuns: [a] })).toMatchObject({
        kind: "settle-placeholder",
      });
    });
    test("makes room when it has moved", () => {
      const step = next(sized(4000), { set: sized(4000), record: { moves: 1 }, taskRuns: [a] });
      expect(step).toMatchObject({ kind: "resize", size: sized(3000) });
    });
    test("is settled when it has moved by the run's own pod affinity, which could part it from its run", () => {
      const set = setOf(sized(4000), { moves: 1 }, reservation);
      set.spec!.template.spec!.affinity = {};
      const more = { statefulSet: set, pods: [podOf(sized(4000))], taskRuns: [a] };
      expect(stepFor(observed(placed(), more), now)).toMatchObject({ kind: "settle-placeholder" });
    });
    test("that asks for nothing stays so: its QoS class may not change", () => {
      const nothing = { cpu: 0, memory: 0 };
      const of = { ...reservation, floor: nothing };
      expect(next(nothing, { taskRuns: [a], set: nothing, of })).toMatchObject({ kind: "none" });
    });
  });

  test("takes no growth that was refused just now, and looks again when it may", () => {
    const { GROWTH_RETRY_SECONDS: pause } = SETTINGS;
    const going = { taskRuns: [a] };
    expect(next(sized(10), { ...going, record: refused(pause - 5) })).toMatchObject({
      kind: "wait",
      lookAgainSeconds: 5,
    });
    expect(next(sized(10), { ...going, record: refused(pause) })).toMatchObject({ kind: "resize" });
    const unreadable = { growthRefusedAt: "yesterday" };
    expect(next(sized(10), { ...going, record: unreadable })).toMatchObject({ kind: "resize" });
  });

  test("shrinks, whatever was refused: pods wait for the room", () => {
    expect(next(sized(3000), { taskRuns: [aEnded], record: refused(0) })).toMatchObject({
      kind: "resize",
    });
  });

  describe("a withdrawn growth, while the old PodResizePending stands", () => {
    /** Generation 4 asked for more, 5 withdraws it. */
    const withdrawn = (observedGeneration: number | undefined) => {
      const pod = podOf(sized(10));
      pod.metadata!.generation = 5;
      const pending = { type: "PodResizePending", status: "True", reason: "Deferred", observedGeneration };
      // Granted is what it had before the growth: the kubelet has not seen that it is withdrawn.
      const granted = containerStatus({ cpu: "20m", memory: "1Gi" });
      pod.status = { ...pod.status, conditions: [pending], containerStatuses: [granted] };
      const statefulSet = setOf(floor, refused(0), reservation);
      return stepFor(observed(placed(), { statefulSet, pods: [pod], taskRuns: [a] }), now);
    };

    test("is not taken for a refused shrink: the condition speaks of the spec of before", () => {
      expect(withdrawn(4).kind).toBe("wait");
    });
    test("is a refused shrink once the condition speaks of what is asked for now", () => {
      expect(withdrawn(5).kind).toBe("pin-placeholder");
    });
    test("counts where the kubelet does not say of which spec it speaks", () => {
      expect(withdrawn(undefined).kind).toBe("pin-placeholder");
    });
  });

  describe("a growth that its node puts off", () => {
    const pendingAt = (status: object, value = "True") => {
      const pod = podOf(sized(3000));
      pod.status = {
        ...pod.status,
        conditions: [{ type: "PodResizePending", status: value }],
        containerStatuses: [{ ...containerStatus(undefined), ...status }],
      };
      const run = placed();
      const statefulSet = setOf(floor, {}, reservation);
      return stepFor(observed(run, { statefulSet, pods: [pod], taskRuns: [a] }), now);
    };
    const has = { cpu: "500m", memory: "64Mi" };
    const size = { cpu: 500, memory: 64 * 2 ** 20 };

    test("is withdrawn, to what the node has allocated", () => {
      expect(pendingAt({ allocatedResources: has })).toMatchObject({ kind: "withdraw-growth", size });
    });
    test("is withdrawn to what its container has, where the kubelet does not say what it allocated", () => {
      expect(pendingAt({ resources: { requests: has } })).toMatchObject({ kind: "withdraw-growth", size });
    });
    test("is not, once it is no longer pending", () => {
      expect(pendingAt({ allocatedResources: has }, "False")).toMatchObject({ kind: "none" });
    });
  });
});
