import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Resources } from "../../demand/resources";
import { placeholderName } from "../../placement/names";
import type { PlaceholderRecord } from "../../placement/record";
import { resourcesFor } from "../../room/placeholder-size";
import type { Reservation } from "../../room/reservation";
import {
  aRun,
  containerStatus,
  observed,
  PLACEHOLDER_POD_UID,
  placeholderPodOf,
  runPod,
  withPlaceholder,
  withRecord,
} from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import { asking } from "../../testing/stateful-sets";

const GI = 2 ** 30;
const floor = { cpu: 10, memory: 16 * 2 ** 20 };
const ask = { cpu: 4000, memory: GI };
const atRelease = { cpu: 3000, memory: GI };
const kept: Reservation = { ask, floor, firstWave: { cpu: 1000 }, tasks: [] };
const held = () => aRun().held().run;
const NODE = "node-1";

const setOf = (asks: Resources, record?: Partial<PlaceholderRecord>, of = kept) => asking(asks, of, record);
const podOf = (asked: Resources): V1Pod => placeholderPodOf(held(), NODE, kept, asked);
const replaced = { pinnedTo: NODE, replaces: "uid-of-an-earlier-pod" };
const replacing = { pinnedTo: NODE, replaces: PLACEHOLDER_POD_UID };

describe("before release", () => {
  const next = (statefulSet: V1StatefulSet, pod: V1Pod, now?: Date) =>
    stepFor(observed(held(), { statefulSet, pods: [pod] }), now);
  const gpus = { ...ask, "nvidia.com/gpu": 1 };
  const withGpus = { ...kept, ask: gpus };
  const scratch = { ...ask, "ephemeral-storage": GI };
  const withScratch = { ...kept, ask: scratch, floor: { ...floor, "ephemeral-storage": 0 } };
  const insisted = { ...withScratch, floor: { ...floor, "ephemeral-storage": 9 } };
  const nothing = { cpu: 0, memory: 0 };
  const whole: Reservation = { ...kept, floor: nothing, firstWave: ask };

  test.each([
    {
      name: "goes, and makes room for the first pods, as soon as it has its node",
      set: setOf(ask),
      pod: podOf(ask),
      kind: "release",
      size: atRelease,
    },
    {
      name: "goes, and makes room when it is settled",
      set: setOf(floor),
      pod: podOf(ask),
      kind: "release",
      size: atRelease,
    },
    { name: "starts over where the room was lost", set: setOf(floor), pod: podOf(floor), kind: "start-over" },
    {
      name: "starts over where memory alone was lost",
      set: setOf(floor),
      pod: podOf({ cpu: 3000, memory: 1 }),
      kind: "start-over",
    },
    { name: "goes, when room is free", set: setOf(floor), pod: podOf(atRelease), kind: "release" },
    {
      name: "pins a placeholder that asks for devices",
      set: setOf(gpus, {}, withGpus),
      pod: podOf(gpus),
      kind: "pin-placeholder",
    },
    {
      name: "leaves alone what a LimitRange has put into the pod",
      set: setOf(floor),
      pod: podOf({ ...atRelease, "ephemeral-storage": GI }),
      kind: "release",
    },
    {
      name: "does not make a pod again for what a LimitRange has put into it",
      set: setOf(atRelease, replaced),
      pod: podOf({ ...atRelease, "ephemeral-storage": GI }),
      kind: "settle-placeholder",
    },
    {
      name: "pins a placeholder that asks for storage",
      set: setOf(scratch, {}, withScratch),
      pod: podOf(scratch),
      kind: "pin-placeholder",
    },
    {
      name: "lets go of storage, down to what a LimitRange insists on",
      set: setOf({ ...floor, "ephemeral-storage": 0 }, {}, insisted),
      pod: podOf({ ...atRelease, "ephemeral-storage": 9 }),
      kind: "release",
    },
    {
      name: "replaces a pod that is to ask for nothing: its QoS class may not change",
      set: setOf(ask, {}, whole),
      pod: podOf(ask),
      kind: "pin-placeholder",
    },
    {
      name: "goes, when that has come",
      set: setOf(nothing, {}, whole),
      pod: podOf(nothing),
      kind: "release",
    },
    {
      name: "remakes the pod that asks for devices still",
      set: setOf(atRelease, replacing, withGpus),
      pod: podOf(gpus),
      kind: "remake-pod",
    },
    {
      name: "settles the one that was made in its place",
      set: setOf(atRelease, replaced),
      pod: podOf(atRelease),
      kind: "settle-placeholder",
    },
    {
      name: "goes, when that is settled",
      set: setOf(floor, { isSettled: true }),
      pod: podOf(atRelease),
      kind: "release",
    },
    {
      name: "remakes the pod that lost its room, whose template was changed",
      set: setOf(ask, { moves: 1, replaces: PLACEHOLDER_POD_UID }),
      pod: podOf(floor),
      kind: "remake-pod",
    },
  ])("$name", ({ set, pod, kind, size }) => {
    const step = next(set, pod);
    expect(step.kind).toBe(kind);
    if (step.kind === "release") expect(step.size).toEqual(size);
  });

  test("leaves what it has but for the first pods", () => {
    expect(next(setOf(floor), podOf(ask))).toMatchObject({ size: atRelease });
  });

  test("pins to the node, at the size of the release, and says what for", () => {
    const step = next(setOf(gpus, {}, withGpus), podOf(gpus));
    expect(step).toMatchObject({ node: NODE, size: atRelease });
    expect(step.why).toContain("nvidia.com/gpu");
  });

  test("starts over ever more rarely, where its room is lost each time", () => {
    const bound = new Date("2026-01-01T00:00:00Z");
    const pod = podOf(floor);
    pod.metadata!.creationTimestamp = bound;
    const at = (moves: number, seconds: number) =>
      next(setOf(floor, { moves }), pod, new Date(bound.getTime() + seconds * 1000));
    expect(at(0, 0)).toMatchObject({ kind: "start-over" });
    expect(at(1, 4)).toMatchObject({ kind: "wait", lookAgainSeconds: 6 });
    expect(at(1, 10)).toMatchObject({ kind: "start-over" });
    expect(at(2, 10)).toMatchObject({ kind: "wait", lookAgainSeconds: 10 });
  });

  describe("where the run requires pod affinity of its own", () => {
    const cache = { topologyKey: "zone", labelSelector: { matchLabels: { app: "cache" } } };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [cache] } };
    const { run } = aRun()
      .held()
      .spec({ taskRunTemplate: { podTemplate: { affinity } } });

    test("its placeholder is settled before it goes", () => {
      expect(stepFor(withPlaceholder(run, NODE)).kind).toBe("settle-placeholder");
    });

    test("a policy that raises the requests of StatefulSets does not keep settling from coming to its end", () => {
      const seen = withPlaceholder(run, NODE);
      const raised = withRecord(seen.statefulSet!, { isSettled: true });
      raised.spec!.template.spec!.containers[0]!.resources = resourcesFor({ cpu: 500, memory: GI }, false);
      expect(stepFor({ ...seen, statefulSet: raised }).kind).toBe("release");
    });
  });

  test("without pod affinity of its own it is not settled, as it joins its run from the start", () => {
    expect(stepFor(withPlaceholder(held(), NODE)).kind).toBe("release");
  });
});

describe("before the first pods of a run come", () => {
  const bound = new Date("2026-01-01T00:00:00Z");
  const half = { cpu: 2000, memory: GI / 2 };
  const wholeOf = { ...kept, ask: half, firstWave: { cpu: 1000 } };
  const started = { cpu: "2", memory: "512Mi" };

  interface Told {
    asks?: Resources;
    /** What its container has; not told of in default. */
    has?: Record<string, string>;
    waiting?: string;
    seconds?: number;
    /** Of the node; default: nothing is known. */
    cpu?: number;
    taken?: number;
  }
  const next = ({ asks = half, has, waiting, seconds = 1, cpu, taken = 0 }: Told) => {
    const pod = placeholderPodOf(held(), NODE, wholeOf, asks);
    const lastTransitionTime = bound;
    pod.status = { conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime }] };
    const state = waiting === undefined ? undefined : { waiting: { reason: waiting } };
    if (has ?? waiting) pod.status.containerStatuses = [{ ...containerStatus(has), state }];
    const nodeRoom = cpu === undefined ? undefined : room(cpu, taken);
    const seen = observed(held(), { statefulSet: setOf(half, {}, wholeOf), pods: [pod] });
    return stepFor({ ...seen, nodeRoom }, new Date(bound.getTime() + seconds * 1000));
  };
  const room = (cpu: number, taken: number) => ({
    allocatable: { cpu, memory: 100 * GI },
    taken: { cpu: taken, memory: 0 },
  });
  const shrunk = { cpu: 1000, memory: half.memory };

  test.each<{ name: string; told: Told; expected: Record<string, unknown> }>([
    {
      name: "goes at once, and is shrunk, where its kubelet has told of its container",
      told: { has: started },
      expected: { kind: "release", size: shrunk },
    },
    {
      name: "goes at once, and is not shrunk, where it has not: pods would be rejected",
      told: { cpu: 6000 },
      expected: { kind: "release", size: undefined },
    },
    {
      name: "is shrunk where its container cannot start",
      told: { waiting: "ImagePullBackOff" },
      expected: { kind: "release", size: shrunk },
    },
    {
      name: "is not shrunk while its container is about to start",
      told: { waiting: "ContainerCreating" },
      expected: { kind: "release", size: undefined },
    },
    {
      name: "is shrunk where nobody tells of it for long",
      told: { seconds: 5 },
      expected: { kind: "release", size: shrunk },
    },
    {
      name: "waits for its container where others may have the room beside it",
      told: { cpu: 5999, seconds: 2 },
      expected: { kind: "wait", lookAgainSeconds: 3 },
    },
    {
      name: "waits where other runs have the room",
      told: { cpu: 6000, taken: 1, seconds: 2 },
      expected: { kind: "wait", lookAgainSeconds: 3 },
    },
    {
      name: "is shrunk then, and held",
      told: { cpu: 3000, has: started },
      expected: { kind: "resize", size: shrunk },
    },
    {
      name: "is held while its kubelet takes the shrink in",
      told: { cpu: 3000, has: started, asks: shrunk },
      expected: { kind: "wait", lookAgainSeconds: 9 },
    },
    {
      name: "goes when it has",
      told: { cpu: 3000, has: { cpu: "1", memory: "512Mi" }, asks: shrunk },
      expected: { kind: "release", size: undefined },
    },
    {
      name: "goes all the same when that takes long",
      told: { cpu: 3000, has: started, asks: shrunk, seconds: 10 },
      expected: { kind: "release", size: undefined },
    },
  ])("its placeholder $name", ({ told, expected }) => {
    const step = next(told);
    expect({ ...step, size: "size" in step ? step.size : undefined }).toMatchObject(expected);
  });
});

describe("at release", () => {
  test("the run gets its placeholder's name and node", () => {
    expect(stepFor(withPlaceholder(held(), NODE))).toMatchObject({
      kind: "release",
      placeholder: placeholderName("build"),
      node: NODE,
      topologyKey: "kubernetes.io/hostname",
    });
  });

  test("a topology-key that came from a Pipeline while the run was held does not split it over nodes", () => {
    const seen = withPlaceholder(held(), NODE);
    const { run } = aRun().held().annotation("pod-affinity.tekton.dev/topology-key", "zone");
    expect(stepFor({ ...seen, run })).toMatchObject({
      kind: "release",
      topologyKey: "kubernetes.io/hostname",
    });
  });

  test("a topology-key that was chosen before its placeholder was made holds", () => {
    const { run } = aRun().held().annotation("pod-affinity.tekton.dev/topology-key", "zone");
    expect(stepFor(withPlaceholder(run, NODE))).toMatchObject({ kind: "release", topologyKey: "zone" });
  });
});

describe("a placeholder's pod into which a mesh or a policy has put another container first", () => {
  const mesh = { name: "mesh", resources: { requests: { cpu: "9", memory: "9Gi" } } };
  const meshed = (pod: V1Pod): V1Pod => ({
    ...pod,
    spec: { ...pod.spec!, containers: [mesh, ...pod.spec!.containers] },
  });

  test.each([
    { name: "is shrunk by its own container", asked: ask, size: atRelease },
    { name: "is as it should be by its own container", asked: atRelease, size: undefined },
  ])("$name", ({ asked, size }) => {
    const pods = [meshed(podOf(asked))];
    const step = stepFor(observed(held(), { statefulSet: setOf(floor), pods }));
    expect(step.kind === "release" && step.size).toEqual(size);
  });

  test("is granted what the kubelet says of its own container", () => {
    const pod = meshed(podOf(atRelease));
    const granted = { ...containerStatus({ cpu: "9", memory: "9Gi" }), name: "mesh" };
    pod.status = {
      conditions: [{ type: "PodResizePending", status: "True" }],
      containerStatuses: [granted, containerStatus({ cpu: "500m", memory: "64Mi" })],
    };
    const seen = observed(aRun().placed().run, { statefulSet: setOf(floor), pods: [pod] });
    expect(stepFor(seen)).toMatchObject({
      kind: "withdraw-growth",
      size: { cpu: 500, memory: 64 * 2 ** 20 },
    });
  });
});

describe("while the run goes, a placeholder that is being moved", () => {
  const placed = aRun().placed().run;
  const moving = setOf(ask, { moves: 1, replaces: PLACEHOLDER_POD_UID, movingFrom: NODE });
  const onNode = (): V1Pod => {
    const pod = runPod("Running");
    return { ...pod, spec: { ...pod.spec!, nodeName: NODE } };
  };

  test("has its pod made again", () => {
    const pods = [podOf(floor), runPod("Pending")];
    expect(stepFor(observed(placed, { statefulSet: moving, pods })).kind).toBe("remake-pod");
  });

  test("stays, when a pod of the run has come onto its node: a run is never split", () => {
    const pods = [podOf(floor), onNode()];
    expect(stepFor(observed(placed, { statefulSet: moving, pods })).kind).toBe("settle-placeholder");
  });

  test("is replaced on its node all the same, when it is pinned to that", () => {
    const statefulSet = setOf(floor, replacing);
    expect(stepFor(observed(placed, { statefulSet, pods: [podOf(ask), onNode()] })).kind).toBe("remake-pod");
  });
});
