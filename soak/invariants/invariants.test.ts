import { describe, expect, test } from "@jest/globals";
import { APP_NAME, OPT_IN_LABEL, PENDING } from "../../capabilities/keys";
import type { Write } from "../../testbed/audit";
import {
  ended,
  heldRun,
  letGo,
  NAMESPACE,
  placeholderOf,
  placeholderPodOf,
  podOf,
  Script,
  written,
} from "../testing";
import { strangerOf } from "../actors/bodies";
import { Anchored } from "./anchored";
import { Apart } from "./apart";
import { Gone } from "./gone";
import { HoldsOfOthers } from "./holds-of-others";
import { Kept } from "./kept";
import { ObjectsOfOthers } from "./objects-of-others";
import { Placed } from "./placed";
import { Released } from "./released";
import { AfterLoss, Together } from "./together";

const run = heldRun("run");
const held = (name = "run") => heldRun(name);
const release = written("patch", "pipelineruns");
const deletion = written("delete", "statefulsets");

describe("placed", () => {
  const script = () => new Script(new Placed(10)).phase(true, 0);

  test("a held run that gets no placeholder in time", () => {
    expect(script().see("run", run).tick(11).result).toEqual({ violations: 1, exercised: 1 });
  });

  test("one that gets it", () => {
    const result = script()
      .see("run", run)
      .see("statefulSet", placeholderOf(run), undefined, 5)
      .tick(50)
      .phase(false, 50);
    expect(result.result).toEqual({ violations: 0, exercised: 1 });
  });

  test("a run under way whose placeholder is lost for good", () => {
    const lost = script()
      .see("run", letGo(run))
      .see("statefulSet", placeholderOf(run))
      .gone("statefulSet", placeholderOf(run));
    expect(lost.tick(11).violations).toHaveLength(1);
  });

  test("a namespace that goes takes no placeholders", () => {
    const metadata = { name: NAMESPACE, uid: NAMESPACE, deletionTimestamp: new Date(0) };
    expect(script().see("run", run).see("namespace", { metadata }).tick(50).violations).toEqual([]);
  });

  test("a stranger has the name: time counts when it is gone", () => {
    const { metadata } = strangerOf("run");
    const stranger = { metadata: { ...metadata, namespace: NAMESPACE, uid: "stranger" } };
    const blocked = script().see("statefulSet", stranger).see("run", run).tick(50);
    expect(blocked.violations).toEqual([]);
    expect(blocked.gone("statefulSet", stranger, undefined, 60).tick(71).violations).toHaveLength(1);
  });
});

describe("released", () => {
  const bound = () =>
    new Script(new Released(10))
      .phase(true, 0)
      .see("run", run)
      .see("statefulSet", placeholderOf(run))
      .see("pod", placeholderPodOf(run, "one"));

  test("a run that is held though its placeholder is bound", () => {
    expect(bound().tick(11).result).toEqual({ violations: 1, exercised: 1 });
  });

  test("one that is let go in time", () => {
    const done = bound().see("run", letGo(run), release, 5).tick(50).phase(false, 50);
    expect(done.result).toEqual({ violations: 0, exercised: 1 });
  });

  test("one whose placeholder waits for a node", () => {
    const waiting = new Script(new Released(10))
      .phase(true, 0)
      .see("run", run)
      .see("statefulSet", placeholderOf(run));
    expect(waiting.see("pod", placeholderPodOf(run)).tick(50).violations).toEqual([]);
  });

  test("an opt-in that was withdrawn", () => {
    const withdrawn = held();
    withdrawn.metadata!.labels![OPT_IN_LABEL] = "false";
    expect(
      new Script(new Released(10)).phase(true, 0).see("run", withdrawn).tick(11).violations,
    ).toHaveLength(1);
  });
});

describe("anchored", () => {
  const script = () => new Script(new Anchored()).see("run", run).see("statefulSet", placeholderOf(run));

  test("let go when its placeholder had a node, even if it is lost by then", () => {
    const pod = placeholderPodOf(run, "one");
    const done = script().see("pod", pod).gone("pod", pod).see("run", letGo(run), release);
    expect(done.result).toEqual({ violations: 0, exercised: 1 });
  });

  test("let go before", () => {
    const early = script().see("pod", placeholderPodOf(run)).see("run", letGo(run), release);
    expect(early.result).toEqual({ violations: 1, exercised: 1 });
  });

  test("the placeholder of an earlier run of the same name does not count", () => {
    const again = heldRun("run", {}, "again");
    const done = script().see("pod", placeholderPodOf(run, "one")).gone("run", run).see("run", again);
    expect(done.see("run", letGo(again), release).violations).toHaveLength(1);
  });
});

describe("together", () => {
  const script = (choices: Record<string, string> = {}) => {
    const placed = letGo(heldRun("run", choices));
    return new Script(new Together()).see("run", placed).see("statefulSet", placeholderOf(placed));
  };

  test("two pods on one node", () => {
    const done = script()
      .see("pod", podOf(run, "a", "one"))
      .see("pod", podOf(run, "b", "one"));
    expect(done.result).toEqual({ violations: 0, exercised: 1 });
  });

  test("on two nodes", () => {
    const split = script()
      .see("pod", podOf(run, "a", "one"))
      .see("pod", podOf(run, "b", "two"));
    expect(split.result).toEqual({ violations: 1, exercised: 1 });
  });

  test("on two nodes of one zone, when that was chosen", () => {
    const zone = script({ "topology-key": "topology.kubernetes.io/zone" }).see("pod", podOf(run, "a", "one"));
    expect(zone.see("pod", podOf(run, "b", "two")).result).toEqual({ violations: 0, exercised: 1 });
    expect(zone.see("pod", podOf(run, "c", "three")).violations).toHaveLength(1);
  });

  test("its placeholder elsewhere", () => {
    const split = script()
      .see("pod", podOf(run, "a", "one"))
      .see("pod", placeholderPodOf(run, "two"));
    expect(split.violations).toHaveLength(1);
  });

  test.each([
    ["has finished", () => script().see("pod", podOf(run, "a", "one", "Succeeded"))],
    [
      "was on a node that is gone",
      () => {
        const begun = script().see("pod", podOf(run, "a", "one"));
        return begun.gone("node", begun.world.all("node")[0]!);
      },
    ],
  ])("another pod %s", (_what, begun) => {
    expect(begun().see("pod", podOf(run, "b", "two")).result).toEqual({ violations: 0, exercised: 0 });
  });

  test("a child run's pods belong to the root", () => {
    const owner = {
      apiVersion: "tekton.dev/v1",
      kind: "PipelineRun",
      name: "run",
      uid: "run",
      controller: true,
    };
    const child = {
      metadata: { namespace: NAMESPACE, name: "child", uid: "child", ownerReferences: [owner] },
    };
    const pod = podOf(child, "a", "two");
    pod.metadata!.labels = { ...podOf(run, "a").metadata!.labels, "tekton.dev/pipelineRunUID": "child" };
    const split = script()
      .see("run", child)
      .see("pod", podOf(run, "b", "one"))
      .see("pod", pod);
    expect(split.violations).toHaveLength(1);
  });

  test("after a loss is counted when the next pod is bound", () => {
    const placed = letGo(run);
    const lost = new Script(new AfterLoss())
      .see("run", placed)
      .see("statefulSet", placeholderOf(run))
      .see("pod", placeholderPodOf(run, "one"))
      .see("pod", podOf(run, "a", "one"))
      .gone("pod", placeholderPodOf(run, "one"));
    expect(lost.result.exercised).toBe(0);
    expect(lost.see("pod", placeholderPodOf(run, "one", "new")).result.exercised).toBe(1);
  });
});

describe("apart", () => {
  /** Two placeholders on two nodes or one. */
  function two(first: Record<string, string>, second: Record<string, string>, where: [string, string]) {
    const script = new Script(new Apart());
    [heldRun("first", first), heldRun("second", second)].forEach((one, index) => {
      script
        .see("run", one)
        .see("statefulSet", placeholderOf(one))
        .see("pod", placeholderPodOf(one, where[index]));
    });
    return script.result;
  }
  const none = { isolation: "none" };
  const zone = { "isolation-topology-key": "topology.kubernetes.io/zone" };

  test.each([
    ["on two nodes", {}, {}, ["one", "two"], { violations: 0, exercised: 1 }],
    [
      "on one node, both isolated: told from both sides",
      {},
      {},
      ["one", "one"],
      { violations: 2, exercised: 1 },
    ],
    ["on one node, one of them isolated", none, {}, ["one", "one"], { violations: 1, exercised: 1 }],
    ["on one node, none isolated", none, none, ["one", "one"], { violations: 0, exercised: 0 }],
    ["in one zone, isolated by zone", zone, none, ["one", "two"], { violations: 1, exercised: 1 }],
    ["in two zones, isolated by zone", zone, none, ["one", "three"], { violations: 0, exercised: 1 }],
  ] as const)("%s", (_what, first, second, where, expected) => {
    expect(two(first, second, [...where])).toEqual(expected);
  });

  test("one that is gone is in nobody's way", () => {
    const [first, second] = [heldRun("first"), heldRun("second")];
    const script = new Script(new Apart())
      .see("run", first)
      .see("statefulSet", placeholderOf(first))
      .see("pod", placeholderPodOf(first, "one"))
      .gone("pod", placeholderPodOf(first, "one"))
      .see("run", second)
      .see("statefulSet", placeholderOf(second));
    expect(script.see("pod", placeholderPodOf(second, "one")).violations).toEqual([]);
  });
});

describe("holds of others", () => {
  const gated = { ...held(), metadata: { ...run.metadata, labels: { [OPT_IN_LABEL]: "true" } } };
  const script = () => new Script(new HoldsOfOthers());

  test("our own hold may be lifted", () => {
    expect(script().see("run", run).see("run", letGo(run), release).violations).toEqual([]);
  });

  test("another's hold is lifted by us, and by another", () => {
    expect(script().see("run", gated).see("run", letGo(gated), release).violations).toHaveLength(1);
    expect(
      script()
        .see("run", gated)
        .see("run", { ...gated, spec: {} }).result,
    ).toEqual({
      ...{ violations: 0, exercised: 1 },
    });
  });

  test("a cancellation is lifted", () => {
    const cancelled = { ...run, spec: { status: "Cancelled" } };
    expect(script().see("run", cancelled).see("run", letGo(run), release).violations).toHaveLength(1);
  });

  test("the spec, or labels of others, are changed", () => {
    const changed = letGo({ ...run, spec: { status: PENDING } });
    changed.spec = { managedBy: "us" };
    changed.metadata!.labels!["team"] = "ours";
    expect(script().see("run", run).see("run", changed, release).violations).toHaveLength(2);
  });

  test("a guard that held was a test", () => {
    expect(script().wrote(written("patch", "pipelineruns", { code: 422 })).result.exercised).toBe(1);
  });
});

describe("objects of others", () => {
  const script = () => new Script(new ObjectsOfOthers());
  const { metadata } = strangerOf("run");
  const stranger = { metadata: { ...metadata, namespace: NAMESPACE, uid: "stranger" } };

  test("a stranger's StatefulSet is deleted by us, and by another", () => {
    expect(
      script().see("statefulSet", stranger).gone("statefulSet", stranger, deletion).violations,
    ).toHaveLength(1);
    expect(script().see("statefulSet", stranger).gone("statefulSet", stranger).result).toEqual({
      ...{ violations: 0, exercised: 1 },
    });
  });

  test("our own placeholder and its pod", () => {
    const done = script()
      .see("statefulSet", placeholderOf(run))
      .see("pod", placeholderPodOf(run, "one"))
      .see("pod", placeholderPodOf(run, "one"), written("patch", "pods/resize"))
      .gone("statefulSet", placeholderOf(run), deletion);
    expect(done.violations).toEqual([]);
  });

  test("a run's pod is deleted by us", () => {
    const pod = podOf(run, "a", "one");
    expect(script().see("pod", pod).gone("pod", pod, written("delete", "pods")).violations).toHaveLength(1);
  });

  test("what only the admission policy kept from happening", () => {
    const message = "x may change and delete only its placeholders, and this object is none";
    const tried = script().wrote(written("delete", "statefulsets", { code: 422, message }));
    expect(tried.violations).toHaveLength(1);
  });

  test.each<[string, Write, number]>([
    ["a kind that the operator has no business with", written("patch", "nodes"), 1],
    ["a priority class of another's", written("create", "priorityclasses", { name: "high" }), 1],
    ["one of its own that is made", written("create", "priorityclasses", { name: `${APP_NAME}-0` }), 0],
    ["one of its own that is changed", written("patch", "priorityclasses", { name: `${APP_NAME}-0` }), 1],
  ])("%s", (_name, write, violations) => {
    expect(script().wrote(write).violations).toHaveLength(violations);
  });
});

describe("kept", () => {
  const script = () =>
    new Script(new Kept()).see("run", ended(letGo(run))).see("statefulSet", placeholderOf(run));

  test("deleted after the last pod", () => {
    const done = script().see("pod", podOf(run, "a", "one", "Succeeded"));
    expect(done.gone("statefulSet", placeholderOf(run), deletion).result).toEqual({
      ...{ violations: 0, exercised: 1 },
    });
  });

  test("deleted while a pod runs", () => {
    const early = script().see("pod", podOf(run, "a", "one"));
    expect(early.gone("statefulSet", placeholderOf(run), deletion).violations).toHaveLength(1);
  });

  const going = {
    ...ended(letGo(run)),
    metadata: { ...letGo(run).metadata, deletionTimestamp: new Date(0) },
  };

  test("deleted while a pod runs of a run that is being deleted", () => {
    const early = script()
      .see("pod", podOf(run, "a", "one"))
      .see("run", going);
    expect(early.gone("statefulSet", placeholderOf(run), deletion).violations).toHaveLength(1);
  });

  test("a pod that was on its way when its run was deleted", () => {
    const late = script()
      .see("run", going)
      .see("pod", podOf(run, "a", "one"));
    expect(late.gone("statefulSet", placeholderOf(run), deletion).result).toEqual({
      ...{ violations: 0, exercised: 1 },
    });
  });

  test("deleted while the run goes on, between two pods", () => {
    const early = script().see("run", letGo(run)).gone("statefulSet", placeholderOf(run), deletion);
    expect(early.violations).toHaveLength(1);
  });

  test("deleted by somebody else", () => {
    const other = script()
      .see("pod", podOf(run, "a", "one"))
      .gone("statefulSet", placeholderOf(run));
    expect(other.result).toEqual({ violations: 0, exercised: 0 });
  });
});

describe("gone", () => {
  const script = () =>
    new Script(new Gone(10)).phase(true, 0).see("run", letGo(run)).see("statefulSet", placeholderOf(run));

  test("still there after the run's end and its last pod", () => {
    const left = script()
      .see("pod", podOf(run, "a", "one"))
      .see("run", ended(letGo(run)));
    expect(left.tick(50).violations).toEqual([]);
    expect(left.see("pod", podOf(run, "a", "one", "Succeeded"), undefined, 60).tick(71).result).toEqual({
      ...{ violations: 1, exercised: 1 },
    });
  });

  test("gone in time", () => {
    const done = script()
      .see("run", ended(letGo(run)))
      .gone("statefulSet", placeholderOf(run), deletion, 5);
    expect(done.tick(50).phase(false, 50).result).toEqual({ violations: 0, exercised: 1 });
  });

  test("left by a run that was deleted", () => {
    expect(script().gone("run", letGo(run)).tick(11).violations).toHaveLength(1);
  });
});
