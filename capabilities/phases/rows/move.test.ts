import { describe, expect, test } from "@jest/globals";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { NodeState } from "../../placement/node-state";
import type { PlaceholderRecord } from "../../placement/record";
import type { Reservation } from "../../room/reservation";
import type { PipelineRun } from "../../tekton/objects";
import { aRun, observed, placeholderPodOf, runPod, SETTINGS, unschedulable } from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import { asking } from "../../testing/stateful-sets";
import { PATIENCE_SECONDS } from "../../room/waiting-pods";
import { MOST_MOVES } from "../moving";
import { nextStep } from "../table";

const now = new Date("2026-01-01T00:10:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const floor = { cpu: 10, memory: 2 ** 24 };
const reservation: Reservation = { ask: { cpu: 4000, memory: 2 ** 30 }, floor, firstWave: {}, tasks: [] };

const cordoned: NodeState = { isUnschedulable: true };
const ofAnother: NodeState = { isOfRun: "other" };
const lost = (seconds = 60): NodeState => ({
  notReady: { status: "Unknown", since: ago(seconds).toISOString() },
});

interface Seen {
  run?: PipelineRun;
  state?: NodeState;
  pods?: V1Pod[];
  record?: Partial<PlaceholderRecord>;
  /** Seconds ago. */
  bound?: number;
  change?: (pod: V1Pod) => void;
  set?: (statefulSet: V1StatefulSet) => void;
}

function seen({ run = aRun().placed().run, state, pods = [], record, bound = 300, change, set }: Seen) {
  const pod = placeholderPodOf(run, "node-1", reservation, reservation.ask);
  pod.status!.conditions = [{ type: "PodScheduled", status: "True", lastTransitionTime: ago(bound) }];
  change?.(pod);
  const statefulSet = asking(reservation.ask, reservation, { isSettled: true, ...record });
  set?.(statefulSet);
  const states = state && { nodeStates: new Map([["node-1", state]]) };
  return observed(run, { statefulSet, pods: [pod, ...pods], ...states });
}
const step = (of: Seen) => stepFor(seen(of), now);

const active = (): V1Pod => {
  const pod = runPod("Running");
  return { ...pod, spec: { ...pod.spec!, nodeName: "node-1" } };
};
const waiting = (message: string, seconds: number): V1Pod => ({
  ...runPod("Pending"),
  status: {
    phase: "Pending",
    conditions: [
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message,
        lastTransitionTime: ago(seconds),
      },
    ],
  },
});
const reasons = (of: Seen) => step(of).warnings?.map(({ reason }) => reason) ?? [];

describe("a node that is not to be used any more", () => {
  test.each([
    { what: "is left between tasks", of: {}, kind: "start-over" },
    { what: "is left when its run is held", of: { run: aRun().held().run }, kind: "start-over" },
    { what: "is not left while a pod is active", of: { pods: [active()] }, kind: "none" },
    { what: "is left though a pod waits", of: { pods: [waiting("unschedulable", 1)] }, kind: "start-over" },
    { what: "is not left again at once", of: { record: { moves: 1 }, bound: 3 }, kind: "none" },
    { what: "is left again later", of: { record: { moves: 1 }, bound: 11 }, kind: "start-over" },
    { what: "is not left for ever", of: { record: { moves: MOST_MOVES }, bound: 9999 }, kind: "none" },
    {
      what: "is left by a zone's run though a pod is active",
      of: {
        pods: [active()],
        record: {
          placing: {
            isolation: "required",
            "isolation-scope": "cluster",
            "topology-key": "zone",
            "isolation-topology-key": "kubernetes.io/hostname",
          },
        },
      },
      kind: "start-over",
    },
  ] as { what: string; of: Seen; kind: string }[])("$what", ({ of, kind }) => {
    expect(step({ state: cordoned, ...of }).kind).toBe(kind);
  });

  test.each([
    { what: "a run that is held gives it up at once", of: { run: aRun().held().run }, kind: "start-over" },
    { what: "one between tasks too", of: {}, kind: "start-over" },
    { what: "one that is active, when it is so no more", of: { pods: [active()] }, kind: "none" },
  ] as { what: string; of: Seen; kind: string }[])("and is another run's by right: $what", ({ of, kind }) => {
    const found = step({ state: ofAnother, ...of });
    expect(found.kind).toBe(kind);
    if (kind === "none") expect(reasons({ state: ofAnother, ...of })).toEqual(["MoveAwaited"]);
    else expect(found).toMatchObject({ why: expect.stringContaining("pods of the run other") });
  });

  test("and which its run's pods tolerate is not left", () => {
    const set = ({ spec }: V1StatefulSet) => (spec!.template.spec!.tolerations = [{ operator: "Exists" }]);
    expect(step({ state: cordoned, set }).kind).toBe("none");
  });

  test("is what its pods tolerate, not what Kubernetes adds to the placeholder's pod", () => {
    const change = ({ spec }: V1Pod) => (spec!.tolerations = [{ operator: "Exists" }]);
    expect(step({ state: cordoned, change }).kind).toBe("start-over");
  });

  test("the rest of the run is what is looked for, and its node is named", () => {
    expect(step({ state: lost() })).toMatchObject({ leaves: "node-1", ask: reservation.ask });
  });
});

describe("its pod is not resized where its node cannot answer", () => {
  const pods = () => [active()];
  const small = ({ spec }: V1Pod) =>
    (spec!.containers[0]!.resources = { requests: { cpu: "10m", memory: "16Mi" } });
  test.each([
    { state: undefined, kind: "resize" },
    { state: cordoned, kind: "resize" },
    { state: lost(), kind: "none" },
    { state: { isGone: true } as NodeState, kind: "none" },
  ])("$state: $kind", ({ state, kind }) => {
    expect(step({ state, pods: pods(), change: small }).kind).toBe(kind);
  });
});

describe("its pod is deleted by force", () => {
  const replaced = { replaces: "uid-of-placeholder-pod", movingFrom: "node-1" };
  test.each([
    { state: lost(), isForced: true },
    { state: { isGone: true } as NodeState, isForced: true },
    { state: cordoned, isForced: undefined },
  ])("where its node cannot answer: $isForced", ({ state, isForced }) => {
    const found = step({ state, record: replaced });
    expect(found).toMatchObject({ kind: "remake-pod" });
    expect("isForced" in found && found.isForced === true).toBe(isForced === true);
  });

  test("also where somebody has deleted it and it stays", () => {
    const change = ({ metadata }: V1Pod) => (metadata!.deletionTimestamp = ago(30));
    expect(step({ state: lost(), change })).toMatchObject({ kind: "remake-pod", isForced: true });
    expect(step({ state: cordoned, change }).kind).toBe("wait");
  });
});

describe("whatever the scheduler says of the next pod", () => {
  test.each([
    "Too many pods",
    "node(s) exceed max volume count",
    "node(s) didn't match PersistentVolume's node affinity",
    "node(s) had untolerated taint(s)",
    "node(s) were unschedulable",
    "node(s) didn't have free ports for the requested pod ports",
  ])("%s: it moves after patience, and with another pod active it waits", words => {
    const late = waiting(words, PATIENCE_SECONDS + 1);
    expect(step({ pods: [late] })).toMatchObject({ kind: "start-over", why: expect.stringContaining(words) });
    expect(step({ pods: [waiting(words, 2)] })).toMatchObject({ kind: "wait" });
    const [other] = [active()];
    other!.metadata = { ...other!.metadata, name: "other" };
    const found = step({ pods: [late, other!] });
    expect(found.kind).toBe("none");
    expect(found.warnings).toMatchObject([{ reason: "PodWaits", message: expect.stringContaining(words) }]);
  });
});

describe("what people are told", () => {
  test.each([
    {
      what: "an active pod on a cordoned node",
      of: { state: cordoned, pods: [active()] },
      told: ["MoveAwaited"],
    },
    { what: "an active pod on a lost node", of: { state: lost(), pods: [active()] }, told: ["NodeLost"] },
    { what: "one that was lost a moment ago", of: { state: lost(5), pods: [active()] }, told: [] },
    { what: "it has arrived", of: { record: { moves: 1, movingFrom: "node-0" } }, told: ["Moved"] },
    {
      what: "Kubernetes has made its placeholder again elsewhere",
      of: { run: aRun().placed().annotation("pod-affinity.tekton.dev/node", "node-0").run },
      told: ["Moved"],
    },
    {
      what: "it is where it was started",
      of: { run: aRun().placed().annotation("pod-affinity.tekton.dev/node", "node-1").run },
      told: [],
    },
    {
      what: "moves that have not helped",
      of: { pods: [waiting("Too many pods", 15)], record: { moves: 2 }, bound: 5 },
      told: ["MovesInVain"],
    },
    {
      what: "it is not moved any more",
      of: { state: cordoned, record: { moves: MOST_MOVES }, bound: 9999 },
      told: ["MovesInVain"],
    },
    {
      what: "it has stood still for too long",
      of: { state: lost(7200), pods: [active()] },
      told: ["NodeLost", "Stuck"],
    },
  ] as { what: string; of: Seen; told: string[] }[])("$what: $told", ({ of, told }) => {
    expect(reasons(of)).toEqual(told);
  });

  test("the command that helps names the node", () => {
    const [warning] = step({ state: lost(), pods: [active()] }).warnings!;
    expect(warning!.message).toContain(
      "kubectl taint nodes node-1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
    );
  });

  test("but of a node that is gone, that nothing has to be done", () => {
    const [warning] = step({ state: { isGone: true }, pods: [active()] }).warnings!;
    expect(warning!.message).toContain("Kubernetes takes them away");
    expect(warning!.message).not.toContain("kubectl");
  });

  test("it may not move again yet, and is looked at when it may", () => {
    expect(step({ state: cordoned, record: { moves: 1 }, bound: 3 }).lookAgainSeconds).toBeCloseTo(7);
  });

  test("one that is soon to be told is looked at again then", () => {
    expect(step({ state: lost(5), pods: [active()] }).lookAgainSeconds).toBeCloseTo(15);
  });

  test("no node takes it: in the scheduler's words, after patience", () => {
    const message = "0/3 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity.";
    const of = (seconds: number): Seen => ({
      record: { moves: 1, movingFrom: "node-1", isSettled: false },
      change: pod => {
        delete pod.spec!.nodeName;
        pod.metadata!.creationTimestamp = ago(seconds);
        Object.assign(pod, unschedulable(pod, message));
        pod.status!.conditions![0]!.lastTransitionTime = ago(seconds);
      },
    });
    expect(step(of(11)).warnings).toMatchObject([
      { reason: "NoNodeToMoveTo", message: expect.stringContaining(message) },
    ]);
    expect(step(of(2)).warnings).toBeUndefined();
  });
});

describe("a run that has stood still for stuckTimeout", () => {
  const stuck: Seen = { state: lost(7200), pods: [active()] };
  const settings = { ...SETTINGS, ON_STUCK_TIMEOUT: "cancel" as const };
  test("is cancelled, if the setting says so", () => {
    expect(nextStep(seen(stuck), settings, now).kind).toBe("cancel");
  });
  test("once", () => {
    const run = aRun().placed().status("Cancelled").run;
    expect(nextStep(seen({ ...stuck, run }), settings, now).kind).toBe("none");
  });
  test("not while a pod of it runs on a node that answers", () => {
    expect(nextStep(seen({ ...stuck, state: cordoned }), settings, now).kind).toBe("none");
  });
  test("goes on waiting by default", () => {
    expect(step(stuck).kind).toBe("none");
  });
});

test("a pod that its namespace refuses for what the rest of the run needs looks for a node with the floor", () => {
  const moving = { moves: 1, movingFrom: "node-1", avoids: "node-1", isSettled: false };
  const made = (asks: Reservation["ask"]): V1StatefulSet => {
    const statefulSet = asking(asks, reservation, moving);
    return { ...statefulSet, metadata: { ...statefulSet.metadata, creationTimestamp: ago(300) } };
  };
  const refused = (asks: Reservation["ask"]) => ({
    ...seen({ run: aRun().placed().created(ago(301)).run, record: moving }),
    statefulSet: made(asks),
    pods: [waiting("Insufficient cpu", 60)],
    podRefusal: "maximum cpu usage per Container is 2, but request is 4",
  });
  expect(stepFor(refused(reservation.ask), now)).toMatchObject({
    kind: "start-over",
    ask: floor,
    warnings: [{ reason: "PlaceholderRefused" }],
  });
  // With the floor there is nothing that would help.
  expect(stepFor(refused(floor), now)).toMatchObject({ kind: "wait" });
});
