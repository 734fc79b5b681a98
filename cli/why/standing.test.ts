import { describe, expect, test } from "@jest/globals";
import {
  aRun,
  observed,
  placeholderOf,
  placeholderPodOf,
  runPod,
  unschedulable,
  withPlaceholder,
  withRecord,
} from "../../capabilities/testing/builders";
import { slimmed } from "../../capabilities/testing/decide";
import { QUEUE_BROUGHT_ANNOTATION } from "../../capabilities/keys";
import { refusalWarning } from "../../capabilities/phases/refusal";
import { eventFor } from "../../capabilities/kube/events";
import type { Observed } from "../../capabilities/phases/observed";
import type { NodeState } from "../../capabilities/placement/node-state";
import type { Warning } from "../../capabilities/tekton/warning";
import type { RunFacts } from "./facts";
import { standingOf } from "./standing";
import { toldEvent } from "./told-event";

const CREATED = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number): Date => new Date(CREATED.getTime() + seconds * 1000);
const facts = (seen: Observed, more: Partial<RunFacts> = {}): RunFacts => ({
  run: seen.run!,
  observed: seen,
  events: [],
  neighbours: [],
  notes: [],
  ...more,
});
const held = () => aRun().held().created(CREATED).run;
const told = (warning: Warning) => toldEvent(eventFor(held(), warning, after(1), "controller"));
const onlyRun = observed(held());
const lookingFor = (message: string): Observed => {
  const run = held();
  return observed(run, {
    statefulSet: placeholderOf(run),
    pods: [unschedulable(placeholderPodOf(run), message)],
  });
};

describe("a held run", () => {
  test("waits for the operator, where that has to act", () => {
    const { state, wait } = standingOf(facts(onlyRun), after(3));
    expect(state).toBe("held");
    expect(wait?.what).toBe("the operator, to make its placeholder: that comes next");
  });

  test("of which the operator is overdue, says for how long, and where to look", () => {
    const { wait, toDo } = standingOf(facts(onlyRun, { controllersReady: 0 }), after(60));
    expect(wait?.what).toMatch(/is due for 60s; none of its controllers is Ready/);
    expect(toDo[0]).toContain("kubectl get pods,leases");
  });

  test("says what was told, where its placeholder cannot be made", () => {
    const quota = refusalWarning({ of: "StatefulSet", message: "exceeded quota: q" });
    const { wait } = standingOf(facts(onlyRun, { events: [told(quota)] }), after(60));
    expect(wait?.what).toMatch(/^PlaceholderRefused: .*exceeded quota: q/);
  });

  test("does not say what was told once it has its placeholder", () => {
    const quota = refusalWarning({ of: "StatefulSet", message: "exceeded quota: q" });
    const seen = lookingFor("0/1 nodes are available: 1 Insufficient cpu.");
    expect(standingOf(facts(seen, { events: [told(quota)] }), after(60)).wait?.what).toMatch(
      /^a node \(1 has too little cpu free\)/,
    );
  });

  test("of which placeholders may not be looked at, claims nothing of them", () => {
    const { wait, toDo } = standingOf(facts(onlyRun, { isPartial: true }), after(60));
    expect(wait?.what).toBe("a node, as it seems: its placeholder cannot be looked at");
    expect(toDo[0]).toContain("Ask somebody");
  });

  test("that a queue has waits for that queue, also where only its Event says so", () => {
    const { run } = aRun()
      .held()
      .created(CREATED)
      .label("kueue.x-k8s.io/queue-name", "builds")
      .annotation(QUEUE_BROUGHT_ANNOTATION, "true");
    const queued: Warning = { type: "Normal", reason: "WaitsForQueue", message: "The run is placed later" };
    for (const known of [
      facts(observed(run, { isQueued: true })),
      facts(observed(run), { events: [told(queued)] }),
    ]) {
      const { wait, toDo } = standingOf(known, after(60));
      expect(wait?.what).toBe("another controller starts it first (label kueue.x-k8s.io/queue-name: builds)");
      expect(toDo[0]).toMatch(/^Look at that queue/);
    }
  });

  test("whose placeholder has a scheduling gate says what to do", () => {
    const run = held();
    const pod = {
      ...placeholderPodOf(run),
      metadata: { ...placeholderPodOf(run).metadata, creationTimestamp: CREATED },
    };
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "SchedulingGated",
      message: "blocked",
    };
    const spec = { ...pod.spec!, schedulingGates: [{ name: "example.com/budget" }] };
    const gated = { ...pod, spec, status: { conditions: [condition] } };
    const seen = observed(run, { statefulSet: placeholderOf(run), pods: [gated] });
    const { wait, toDo } = standingOf(facts(seen), after(60));
    expect(wait?.what).toMatch(/^a node: a scheduling gate/);
    expect(toDo[0]).toMatch(/scheduling gate \(example\.com\/budget\).* out of that controller's care/);
  });

  test("names the runs that have the nodes", () => {
    const seen = lookingFor("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
    const neighbours = [{ run: "ci/other", node: "node-1" }];
    expect(standingOf(facts(seen, { neighbours }), after(60)).toDo[0]).toBe(
      "These runs have a node: node-1: ci/other.",
    );
  });

  test("says that no node would do, were it empty", () => {
    const seen = lookingFor("0/1 nodes are available: 1 Insufficient cpu.");
    const nodes = [{ name: "small", labels: {}, taints: [], allocatable: { cpu: 1, memory: 1 } }];
    expect(standingOf(facts(seen, { nodes }), after(60)).toDo[0]).toMatch(
      /^No node that is there now would do.* small/,
    );
  });

  test("is started or cancelled at its placement-timeout, which is said", () => {
    const { run } = aRun()
      .held()
      .created(CREATED)
      .annotation("pod-affinity.tekton.dev/placement-timeout", "10m");
    const { toDo } = standingOf(facts(observed(run)), after(60));
    expect(toDo).toContainEqual("Its placement-timeout of 10m is over in 9m; on-timeout: cancel.");
  });

  test("can always be started by hand", () => {
    expect(standingOf(facts(onlyRun), after(60)).toDo.at(-1)).toMatch(
      /kubectl label pipelinerun build -n ci --overwrite/,
    );
  });
});

describe("a placed run", () => {
  const run = () => aRun().placed().created(CREATED).run;

  test("runs on the node of its placeholder, and waits for nothing", () => {
    const seen = withPlaceholder(run(), "node-1", [
      { ...runPod("Running"), spec: { nodeName: "node-1", containers: [] } },
    ]);
    expect(standingOf(facts(seen), after(60))).toMatchObject({
      state: "running",
      phase: "anchored",
      node: "node-1",
      toDo: [],
    });
  });

  test("waits while a pod of it has no node, in the scheduler's words", () => {
    const message = "0/1 nodes are available: 1 Insufficient cpu.";
    const seen = withPlaceholder(run(), "node-1", [unschedulable(runPod("Pending"), message)]);
    const { state, wait } = standingOf(facts(seen), after(60));
    expect(state).toBe("waiting");
    expect(wait?.what).toBe(`a node for task; the scheduler: ${message}`);
  });

  test.each([
    ["cordoned", { isUnschedulable: true }, /is cordoned/, /^Nothing: .*kubectl uncordon node-1$/],
    [
      "without heartbeat",
      { notReady: { status: "Unknown", since: CREATED.toISOString() } },
      /is unreachable/,
      "See why: kubectl describe node node-1",
    ],
    ["that is not there", { isGone: true }, /is gone/, "kubectl get node node-1"],
    ["about to end", { announcements: ["reclaim"] }, /is about to end/, /^Nothing: .*elsewhere/],
  ])("on a node %s says so, as the controller sees it", (_, state, what, todo) => {
    const seen = withPlaceholder(run(), "node-1", [unschedulable(runPod("Pending"))]);
    const nodeStates = new Map<string, NodeState>([["node-1", state as NodeState]]);
    const { wait, toDo } = standingOf(facts({ ...seen, nodeStates }), after(60));
    expect(wait?.what).toMatch(what);
    expect(toDo).toContainEqual(expect.stringMatching(todo));
  });

  test("on its way to another node has none", () => {
    const statefulSet = withRecord(placeholderOf(run()), { movingFrom: "node-1", moves: 1 });
    const seen = observed(run(), { statefulSet, pods: [unschedulable(placeholderPodOf(run()))] });
    const standing = standingOf(facts(seen), after(60));
    expect(standing).toMatchObject({ state: "waiting", phase: "moving", moves: 1 });
    expect(standing.node).toBeUndefined();
    expect(standing.wait?.what).toContain("another node than node-1");
  });
});

test.each([
  ["part of another run", aRun().optedIn().child()],
  ["managed elsewhere", aRun().optedIn().managedBy("someone.example.com")],
  ["opted in too late", aRun().optedIn().label("pod-affinity.tekton.dev/held", "opted-in-late")],
  ["held by another gate", aRun().optedIn().pending()],
  ["without co-location", aRun()],
  ["succeeded", aRun().placed().ended()],
  ["failed", aRun().placed().ended("False")],
  ["being deleted", aRun().held().deleting()],
])("a run is %s", (state, { run }) => {
  expect(standingOf(facts(observed(run)), after(60)).state).toBe(state);
});

test("what the store keeps of objects is enough to say the same", () => {
  const message =
    "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod anti-affinity rules.";
  for (const seen of [onlyRun, lookingFor(message), withPlaceholder(aRun().placed().run, "node-1")]) {
    const slim = slimmed(seen);
    expect(standingOf(facts(slim), after(60))).toEqual(standingOf(facts(seen), after(60)));
  }
});
