import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../demand/resources";
import { GROWTH_REFUSED_ANNOTATION, PINNED_ANNOTATION } from "../keys";
import type { TaskRun } from "../tekton/objects";
import {
  aRun,
  observed,
  placeholderOf,
  placeholderPodOf,
  planned,
  runPod,
  SETTINGS,
  taskPod,
  taskRunOf,
} from "../testing/builders";
import { beforeRelease, whileRunning } from "./hand-over";
import { resourcesFor } from "../placement/placeholder-size";
import { PATIENCE_SECONDS } from "./relocation";
import { YIELD_AFTER_SECONDS } from "./yielding";
import type { Reservation } from "./reservation";

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
const atRelease = { cpu: 3000, memory: GI };
const kept: Reservation = { ...reservation, tasks: [] };

function setOf(asks: Resources, annotations: Record<string, string> = {}, of = kept): V1StatefulSet {
  const made = placeholderOf(aRun().held().run, of);
  made.spec!.template.spec!.containers[0]!.resources = resourcesFor(asks, false);
  return {
    ...made,
    metadata: { ...made.metadata, annotations: { ...made.metadata!.annotations, ...annotations } },
  };
}
const podOf = (asked: Resources, node?: string) => placeholderPodOf(aRun().held().run, node, kept, asked);
const pinned = { [PINNED_ANNOTATION]: "node-1" };

describe("before release", () => {
  const next = (statefulSet: V1StatefulSet, pod?: V1Pod) =>
    beforeRelease(observed(aRun().held().run, { statefulSet, pods: pod ? [pod] : [] }));
  const unschedulable = (asked: Resources): V1Pod => {
    const pod = podOf(asked);
    const condition = { type: "PodScheduled", status: "False", message: "0/3 nodes are available" };
    return { ...pod, status: { ...pod.status, conditions: [condition] } };
  };
  const gpus = { ...reservation.ask, "nvidia.com/gpu": 1 };
  const withGpus = { ...kept, ask: gpus };
  const scratch = { ...reservation.ask, "ephemeral-storage": GI };
  const withScratch = { ...kept, ask: scratch, floor: { ...floor, "ephemeral-storage": 0 } };
  const nothing = { cpu: 0, memory: 0 };
  const whole: Reservation = { ...kept, floor: nothing, firstWave: reservation.ask };

  test.each<[string, V1StatefulSet, V1Pod | undefined, string | undefined]>([
    ["waits for the placeholder's pod", setOf(reservation.ask), undefined, "wait"],
    ["waits for a node", setOf(reservation.ask), podOf(reservation.ask), "wait"],
    ["waits for a node that has the room", setOf(reservation.ask), unschedulable(reservation.ask), "wait"],
    ["waits with a smaller pod until the scheduler speaks", setOf(floor), podOf(floor), "wait"],
    ["starts over where not even a smaller pod fits", setOf(floor), unschedulable(floor), "start-over"],
    [
      "starts over where the pinned node is gone",
      setOf(atRelease, pinned),
      unschedulable(atRelease),
      "start-over",
    ],
    [
      "settles a placeholder that has its node",
      setOf(reservation.ask),
      podOf(reservation.ask, "node-1"),
      "settle-placeholder",
    ],
    ["makes room for the first pods", setOf(floor), podOf(reservation.ask, "node-1"), "resize"],
    ["starts over where the room was lost", setOf(floor), podOf(floor, "node-1"), "start-over"],
    [
      "starts over where memory alone was lost",
      setOf(floor),
      podOf({ cpu: 3000, memory: 1 }, "node-1"),
      "start-over",
    ],
    ["goes, when room is free", setOf(floor), podOf(atRelease, "node-1"), undefined],
    [
      "pins a placeholder that asks for devices",
      setOf(gpus, {}, withGpus),
      podOf(gpus, "node-1"),
      "pin-placeholder",
    ],
    [
      "leaves alone what a LimitRange has put into the pod",
      setOf(floor),
      podOf({ ...atRelease, "ephemeral-storage": GI }, "node-1"),
      undefined,
    ],
    [
      "does not make a pod again for what a LimitRange has put into it",
      setOf(atRelease, pinned),
      podOf({ ...atRelease, "ephemeral-storage": GI }, "node-1"),
      "settle-placeholder",
    ],
    [
      "pins a placeholder that asks for storage",
      setOf(scratch, {}, withScratch),
      podOf(scratch, "node-1"),
      "pin-placeholder",
    ],
    [
      "lets go of storage, down to what a LimitRange insists on",
      setOf(
        { ...floor, "ephemeral-storage": 0 },
        {},
        { ...withScratch, floor: { ...floor, "ephemeral-storage": 9 } },
      ),
      podOf({ ...atRelease, "ephemeral-storage": 9 }, "node-1"),
      undefined,
    ],
    [
      "replaces a pod that is to ask for nothing: its QoS class may not change",
      setOf(reservation.ask, {}, whole),
      podOf(reservation.ask, "node-1"),
      "pin-placeholder",
    ],
    ["goes, when that has come", setOf(nothing, {}, whole), podOf(nothing, "node-1"), undefined],
    [
      "remakes the pod that asks for devices still",
      setOf(atRelease, pinned, withGpus),
      podOf(gpus, "node-1"),
      "remake-pod",
    ],
    [
      "settles the one that was made in its place",
      setOf(atRelease, pinned),
      podOf(atRelease, "node-1"),
      "settle-placeholder",
    ],
    ["goes, when that is settled", setOf(floor), podOf(atRelease, "node-1"), undefined],
  ])("%s", (_what, statefulSet, pod, kind) => {
    expect(next(statefulSet, pod)?.kind).toBe(kind);
  });

  test("says why there is no node", () => {
    expect(next(setOf(reservation.ask), unschedulable(reservation.ask))?.why).toContain(
      "0/3 nodes are available",
    );
    expect(next(setOf(reservation.ask), podOf(reservation.ask))?.why).toContain("not said why yet");
  });
  test("leaves what it has but for the first pods", () => {
    expect(next(setOf(floor), podOf(reservation.ask, "node-1"))).toMatchObject({ size: atRelease });
  });
  test("pins to the node, at the size of the release, and says what for", () => {
    const step = next(setOf(gpus, {}, withGpus), podOf(gpus, "node-1"));
    expect(step).toMatchObject({ node: "node-1", size: atRelease });
    expect(step?.why).toContain("nvidia.com/gpu");
  });
});

describe("while the run goes", () => {
  const now = new Date("2026-01-01T00:01:00Z");
  const refused = (secondsAgo: number) => ({
    [GROWTH_REFUSED_ANNOTATION]: new Date(now.getTime() - secondsAgo * 1000).toISOString(),
  });
  interface Going {
    taskRuns?: TaskRun[];
    pods?: V1Pod[];
    annotations?: Record<string, string>;
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
    { taskRuns = [], pods = [], annotations = {}, skipped = [], set = floor, of = reservation }: Going = {},
  ) => {
    const { run } = aRun().placed();
    const going = { ...run, status: { skippedTasks: skipped.map(name => ({ name })) } };
    const more = {
      statefulSet: setOf(set, annotations, of),
      pods: [podOf(asked, "node-1"), ...pods],
      taskRuns,
    };
    return whileRunning(going, observed(going, more), now, SETTINGS.GROWTH_RETRY_SECONDS);
  };
  const sized = (cpu: number) => ({ cpu, memory: GI });

  test.each<[string, number, Going, number | undefined]>([
    ["stays while the first pods come", 3000, {}, undefined],
    ["stays while they run", 3000, { taskRuns: [a], pods: [taskPod(a, { cpu: 1000 })] }, undefined],
    ["makes room for tasks whose turn has come", 3000, { taskRuns: [aEnded] }, 10],
    [
      "stays small while their pods run",
      10,
      { taskRuns: [aEnded, b, c], pods: [taskPod(b, { cpu: 2000 }), taskPod(c, { cpu: 2000 })] },
      undefined,
    ],
    [
      "takes no room back that nothing needs any more",
      10,
      { taskRuns: [aEnded, taskRunOf("b", "True"), c] },
      undefined,
    ],
    ["gives up what a skipped task would have needed", 3000, { taskRuns: [a], skipped: ["b"] }, 1000],
    [
      "makes way for a pod that asks for more than was planned",
      3000,
      { taskRuns: [a], pods: [taskPod(a, { cpu: 1500 })] },
      2500,
    ],
    ["grows to what is to come", 10, { taskRuns: [a] }, 3000],
    ["does not count pods that have ended", 3000, { taskRuns: [a], pods: [runPod("Succeeded")] }, undefined],
  ])("%s", (_what, asked, going, cpu) => {
    const step = next(sized(asked), going);
    if (cpu === undefined) expect(step).toBeUndefined();
    else expect(step).toMatchObject({ kind: "resize", size: sized(cpu) });
  });

  test("takes no room back of what is scarce", () => {
    const { run } = aRun().placed();
    const scarce = (names: string[]): V1StatefulSet => setOf(floor, {}, { ...reservation, scarce: names });
    const grown = (names: string[]) => {
      const pods = [podOf({ cpu: 10, memory: 1 }, "node-1")];
      const more = { statefulSet: scarce(names), pods, taskRuns: [a] };
      return whileRunning(run, observed(run, more), now, 30);
    };
    expect(grown(["cpu"])).toMatchObject({ kind: "resize", size: { cpu: 10, memory: GI } });
    expect(grown(["cpu", "memory"])).toBeUndefined();
  });

  test("shrinks of one resource, though another one is to grow and may not", () => {
    const asked = { cpu: 3000, memory: floor.memory };
    expect(next(asked, { taskRuns: [aEnded], annotations: refused(0) })).toMatchObject({
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
      expect(next({ cpu: 0, memory: GI }, { ...atWork, pods })).toBeUndefined();
    });
    test("is followed to another node, after a while, when nothing of the run is left on its own", () => {
      const at = (seconds: number) =>
        next(sized(3000), { taskRuns: [a], pods: [waiting(a, { cpu: 1000 }, seconds)] });
      expect(at(PATIENCE_SECONDS - 3)).toMatchObject({ kind: "wait", lookAgainSeconds: 3 });
      expect(at(PATIENCE_SECONDS)).toMatchObject({ kind: "start-over", ask: { cpu: 4000, memory: GI } });
    });
    test("is not, while another pod of the run is on the node", () => {
      const pods = [bBound, waiting(c, { cpu: 2000 }, 60)];
      expect(next({ cpu: 0, memory: GI }, { ...atWork, pods })).toBeUndefined();
    });
    test("is not, where nothing was reserved", () => {
      const none = { ...kept, ask: floor, firstWave: {} };
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      expect(next({ cpu: 0, memory: floor.memory }, { taskRuns: [a], pods, of: none })).toBeUndefined();
    });
    test("is not, where a quota is scarce: it has no room for both", () => {
      const scarce = { ...reservation, scarce: ["cpu"] };
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      expect(next(sized(3000), { taskRuns: [a], pods, of: scarce })).toBeUndefined();
    });
    test("is, where the quota had no room for a reservation at first", () => {
      const nothing = { ...reservation, ask: floor };
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      const step = next({ cpu: 0, memory: floor.memory }, { taskRuns: [a], pods, of: nothing });
      expect(step).toMatchObject({ kind: "start-over", ask: { cpu: 1000 } });
    });
    test("is not, when what it lacks is not room", () => {
      const pods = [waiting(a, { cpu: 1000 }, 60)];
      pods[0]!.status!.conditions![0]!.message =
        "0/1 nodes are available: 1 node(s) had untolerated taint(s)";
      expect(next(sized(3000), { taskRuns: [a], pods })).toBeUndefined();
    });
    test("is looked for after the placeholder was made again, not at once", () => {
      const placeholder = podOf(sized(3000), "node-1");
      placeholder.metadata!.creationTimestamp = now;
      const { run } = aRun().placed();
      const pods = [placeholder, waiting(a, { cpu: 1000 }, 60)];
      const seen = observed(run, { statefulSet: setOf(floor, {}, reservation), pods, taskRuns: [a] });
      expect(whileRunning(run, seen, now, 30)).toMatchObject({
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
    expect(next(sized(3000), { taskRuns: [of("uid-of-an-earlier-run")] })).toBeUndefined();
  });

  describe("a shrink that the kubelet does not grant", () => {
    const stuck = (allocated: number, annotations: Record<string, string> = {}) => {
      const placeholder = podOf(sized(10), "node-1");
      placeholder.status = {
        conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }],
        containerStatuses: [
          {
            ...{ name: "placeholder", image: "", imageID: "", ready: true, restartCount: 0 },
            allocatedResources: { cpu: `${allocated}m`, memory: "1Gi" },
          },
        ],
      };
      const more = {
        statefulSet: setOf(floor, annotations, reservation),
        pods: [placeholder],
        taskRuns: [aEnded],
      };
      return more;
    };
    const { run } = aRun().placed();
    test("is made by replacing the pod", () => {
      const step = whileRunning(run, observed(run, stuck(3000)), now, 30);
      expect(step).toMatchObject({ kind: "pin-placeholder", node: "node-1", size: { cpu: 10 } });
      const then = whileRunning(run, observed(run, stuck(3000, pinned)), now, 30);
      expect(then).toMatchObject({ kind: "remake-pod" });
      expect(beforeRelease(observed(aRun().held().run, stuck(3000)))).toMatchObject({
        kind: "pin-placeholder",
      });
    });
    test("is no growth, and a growth is withdrawn", () => {
      expect(whileRunning(run, observed(run, stuck(5)), now, 30)).toMatchObject({
        kind: "withdraw-growth",
        size: { cpu: 5 },
      });
    });
  });

  test("a pinned placeholder whose node does not take it looks for another", () => {
    const { run } = aRun().placed();
    const lost = podOf(floor);
    lost.status!.conditions = [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }];
    const at = (annotations: Record<string, string>) =>
      whileRunning(run, observed(run, { statefulSet: setOf(floor, annotations), pods: [lost] }), now, 30);
    expect(at(pinned)).toMatchObject({ kind: "start-over", ask: floor });
    expect(at({})).toBeUndefined();
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
      expect(next(sized(3000), { annotations: pinned })).toMatchObject({ kind: "remake-pod" });
    });
    test("is settled when it has come", () => {
      expect(next(floor, { annotations: pinned, taskRuns: [a] })).toMatchObject({
        kind: "settle-placeholder",
      });
    });
    test("is settled when it has moved", () => {
      expect(next(sized(4000), { set: sized(4000), taskRuns: [a] })).toMatchObject({
        kind: "settle-placeholder",
      });
    });
    test("that asks for nothing stays so: its QoS class may not change", () => {
      const nothing = { cpu: 0, memory: 0 };
      const of = { ...reservation, floor: nothing };
      expect(next(nothing, { taskRuns: [a], set: nothing, of })).toBeUndefined();
    });
  });

  test("takes no growth that was refused just now, and looks again when it may", () => {
    const { GROWTH_RETRY_SECONDS: pause } = SETTINGS;
    const going = { taskRuns: [a] };
    expect(next(sized(10), { ...going, annotations: refused(pause - 5) })).toMatchObject({
      kind: "wait",
      lookAgainSeconds: 5,
    });
    expect(next(sized(10), { ...going, annotations: refused(pause) })).toMatchObject({ kind: "resize" });
    const unreadable = { [GROWTH_REFUSED_ANNOTATION]: "yesterday" };
    expect(next(sized(10), { ...going, annotations: unreadable })).toMatchObject({ kind: "resize" });
  });

  test("shrinks, whatever was refused: pods wait for the room", () => {
    expect(next(sized(3000), { taskRuns: [aEnded], annotations: refused(0) })).toMatchObject({
      kind: "resize",
    });
  });

  describe("a growth that its node puts off", () => {
    const pendingAt = (status: object, value = "True") => {
      const pod = podOf(sized(3000), "node-1");
      pod.status = {
        ...pod.status,
        conditions: [{ type: "PodResizePending", status: value }],
        containerStatuses: [
          { name: "placeholder", image: "", imageID: "", ready: true, restartCount: 0, ...status },
        ],
      };
      const { run } = aRun().placed();
      const statefulSet = setOf(floor, {}, reservation);
      return whileRunning(run, observed(run, { statefulSet, pods: [pod], taskRuns: [a] }), now, 30);
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
      expect(pendingAt({ allocatedResources: has }, "False")).toBeUndefined();
    });
  });

  test("leaves a placeholder without pod or node alone", () => {
    const { run } = aRun().placed();
    const statefulSet = setOf(floor, {}, reservation);
    expect(whileRunning(run, observed(run, { statefulSet }), now, 30)).toBeUndefined();
    const pods = [podOf(sized(3000))];
    expect(
      whileRunning(run, observed(run, { statefulSet, pods, taskRuns: [aEnded] }), now, 30),
    ).toBeUndefined();
  });
});
