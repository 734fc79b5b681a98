import { describe, expect, test } from "@jest/globals";
import {
  FREED_ANNOTATION,
  HELD_LABEL,
  HELD_SINCE_ANNOTATION,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
  OPT_IN_LABEL,
  OPTED_IN_LATE,
  PENDING,
  PHASE_LABEL,
  PLACEHOLDER_LABEL,
  QUEUE_BROUGHT_ANNOTATION,
} from "../keys";
import { aRun } from "../testing/builders";
import { admitCreation, admitTaskRun, admitUpdate, dependsOnNamespace, refusals } from "./admit";
import { BUILT_IN_CHOICES } from "../choices/choices";

const admit = (builder: ReturnType<typeof aRun>, namespaceOptedIn = false) =>
  admitCreation(builder.run, namespaceOptedIn, BUILT_IN_CHOICES);

describe("a new run is held", () => {
  test.each([
    ["true", false, true],
    ["true", true, true],
    ["TRUE", false, false],
    ["1", false, false],
    ["", false, false],
    ["false", false, false],
    ["false", true, false],
    ["TRUE", true, true],
    ["", true, true],
    [undefined, false, false],
    [undefined, true, true],
  ])("own label %j, namespace opted in %j: %j", (value, namespace, held) => {
    const builder = value === undefined ? aRun() : aRun().optedIn(value);
    expect(admit(builder, namespace).hold).toBe(held);
  });

  test.each([
    ["a child of another run", aRun().optedIn().child()],
    ["managed by another controller", aRun().optedIn().managedBy("example.com/other")],
    ["Pending already", aRun().optedIn().pending()],
    ["created with another status", aRun().optedIn().status("Cancelled")],
  ])("not when it is %s", (_what, builder) => {
    const changes = admit(builder);
    expect(changes.hold).toBe(false);
    expect(changes.labels[HELD_LABEL]).toBeUndefined();
  });

  test("when it is managed by Tekton by name", () => {
    expect(admit(aRun().optedIn().managedBy("tekton.dev/pipeline")).hold).toBe(true);
  });

  test("again when admission sees its own hold a second time", () => {
    const changes = admit(aRun().held());
    expect(changes).toMatchObject({ hold: true, removedLabels: [] });
    expect(changes.labels[HELD_LABEL]).toBe("true");
  });
});

test("admission comes to the same, seen twice", () => {
  const first = admit(aRun().optedIn());
  const again = aRun().pending();
  for (const [key, value] of Object.entries(first.labels)) again.label(key, value);
  expect(admit(again)).toEqual(first);
});

test("a namespace's opt-in is written on the run", () => {
  expect(admit(aRun(), true).labels[OPT_IN_LABEL]).toBe("true");
});

test("the namespace is read only where the run says neither yes nor no", () => {
  expect([aRun(), aRun().optedIn("TRUE")].map(({ run }) => dependsOnNamespace(run))).toEqual([true, true]);
  const decided = [aRun().optedIn(), aRun().optedIn("false"), aRun().child()];
  expect(decided.map(({ run }) => dependsOnNamespace(run))).toEqual([false, false, false]);
});

test("what of ours a new run brings along is removed, opted in or not", () => {
  const builder = aRun()
    .label(PLACEHOLDER_LABEL, "x")
    .label(HELD_LABEL, "true")
    .annotation(NODE_ANNOTATION, "n")
    .annotation(HELD_SINCE_ANNOTATION, "2020-01-01T00:00:00Z");
  const changes = admit(builder);
  expect(changes.removedLabels).toEqual([HELD_LABEL, PLACEHOLDER_LABEL]);
  expect(changes.removedAnnotations).toEqual([NODE_ANNOTATION, HELD_SINCE_ANNOTATION]);
});

test("a child keeps the placeholder that it inherits", () => {
  expect(admit(aRun().placed().child())).toMatchObject({ removedLabels: [], labels: {}, hold: false });
});

test("settings' defaults are written where the run leaves the choice open", () => {
  const defaults = { ...BUILT_IN_CHOICES, isolation: "none", "isolation-scope": "namespace" } as const;
  const chosen = aRun().optedIn().annotation("pod-affinity.tekton.dev/isolation", "required").run;
  expect(admitCreation(chosen, false, defaults).annotations).toEqual({
    "pod-affinity.tekton.dev/isolation-scope": "namespace",
  });
});

describe("a Pending that is lifted by somebody else is taken over", () => {
  const before = aRun().optedIn().pending().run;
  const now = new Date("2026-01-01T00:00:00Z");
  test.each([
    ["opted in", aRun().optedIn(), true],
    ["our own hold", aRun().optedIn().label(HELD_LABEL, "true"), true],
    ["our own release", aRun().placed(), false],
    ["let go by us without a placeholder", aRun().optedIn().annotation(LET_GO_ANNOTATION, "x"), false],
    ["managed by another controller", aRun().optedIn().managedBy("example.com/other"), false],
    ["opt-in withdrawn", aRun().optedIn("false"), false],
    ["started already", aRun().optedIn().started(), false],
    ["being deleted", aRun().optedIn().deleting(), false],
    ["a child", aRun().optedIn().child(), false],
    ["cancelled, not lifted", aRun().optedIn().status("Cancelled"), false],
    ["still Pending", aRun().optedIn().pending(), false],
  ])("%s: %j", (_what, after, held) => {
    expect(admitUpdate(before, after.run, now).hold).toBe(held);
  });

  test("not when it was not Pending before", () => {
    expect(admitUpdate(aRun().optedIn().run, aRun().optedIn().run, now).hold).toBe(false);
  });

  test("the hold is marked as ours", () => {
    expect(admitUpdate(before, aRun().optedIn().run, now).labels).toEqual({
      [HELD_LABEL]: "true",
      [PHASE_LABEL]: "held",
    });
    expect(before.spec?.status).toBe(PENDING);
  });

  test("the clock of its placement-timeout begins then, once", () => {
    const taken = admitUpdate(before, aRun().optedIn().run, now).annotations;
    expect(taken).toEqual({ [HELD_SINCE_ANNOTATION]: "2026-01-01T00:00:00.000Z" });
    expect(admitUpdate(aRun().held().run, aRun().optedIn().run, now).annotations).toEqual({});
  });
});

describe("an opt-in that appears on a run that was created without", () => {
  test.each([
    ["on a run that started", aRun().optedIn().started(), OPTED_IN_LATE],
    ["on one that another gate holds: it is held later", aRun().optedIn().pending(), undefined],
    ["on one that we held, and let go", aRun().optedIn().label(HELD_LABEL, "true"), undefined],
    ["on one that another controller runs", aRun().optedIn().managedBy("example.com/other"), undefined],
    ["on a child", aRun().optedIn().child(), undefined],
    ["with a value that does not opt in", aRun().optedIn("TRUE"), undefined],
  ])("%s", (_what, after, mark) => {
    const { labels, hold } = admitUpdate(aRun().run, after.run, new Date(0));
    expect(hold).toBe(false);
    expect(labels[HELD_LABEL]).toBe(mark);
  });

  test("is told when it was there before, and the run was never held: a webhook after ours put it there", () => {
    const both = aRun().optedIn().started().run;
    expect(admitUpdate(both, both, new Date(0)).labels).toEqual({ [HELD_LABEL]: OPTED_IN_LATE });
  });

  test("is no news of a run that is over", () => {
    const { run } = aRun().optedIn().ended();
    expect(admitUpdate(run, run, new Date(0)).labels).toEqual({});
  });
});

describe("a TaskRun with a placeholder's label", () => {
  const metadata = () => ({
    labels: { [PLACEHOLDER_LABEL]: "x", a: "b" },
    annotations: { [NODE_ANNOTATION]: "n" },
  });

  test("and no run loses it, and is marked", () => {
    expect(admitTaskRun({ metadata: metadata() })).toMatchObject({
      removedLabels: [PLACEHOLDER_LABEL],
      removedAnnotations: [NODE_ANNOTATION],
      annotations: { [FREED_ANNOTATION]: "copied" },
    });
  });

  test("of a run keeps it", () => {
    const { ownerReferences } = aRun().child().run.metadata!;
    const { removedLabels, annotations } = admitTaskRun({ metadata: { ...metadata(), ownerReferences } });
    expect([removedLabels, annotations]).toEqual([[], {}]);
  });
});

test("wrong annotations are refused, but never a child's", () => {
  const wrong = () => aRun().optedIn().annotation("pod-affinity.tekton.dev/isolation", "maybe");
  expect(refusals(wrong().run)).toHaveLength(1);
  expect(refusals(wrong().child().run)).toEqual([]);
  expect(refusals(aRun().annotation(NODE_ANNOTATION, "node-1").run)).toEqual([]);
});

describe("beside another gate", () => {
  const QUEUE = "kueue.x-k8s.io/queue-name";
  const now = new Date("2026-01-01T00:00:00Z");
  const queued = () => aRun().held().label(QUEUE, "builds");
  const lifted = aRun().optedIn().label(HELD_LABEL, "true").label(QUEUE, "builds").run;

  test("a label that the run brings along is noted, and one that it does not is not", () => {
    const admitted = (builder: ReturnType<typeof aRun>) =>
      admitCreation(builder.run, false, BUILT_IN_CHOICES, QUEUE).annotations;
    expect(admitted(aRun().optedIn().label(QUEUE, "builds"))).toHaveProperty([QUEUE_BROUGHT_ANNOTATION]);
    expect(admitted(aRun().optedIn())).toEqual({});
  });

  test("the first time that the other gate lifts our hold, the clock begins; later it goes on", () => {
    const first = admitUpdate(queued().run, lifted, now, QUEUE);
    expect(first).toMatchObject({ hold: true, annotations: { [HELD_SINCE_ANNOTATION]: now.toISOString() } });
    const again = queued().annotation(HELD_SINCE_ANNOTATION, "2025-01-01T00:00:00Z").run;
    expect(admitUpdate(again, lifted, now, QUEUE)).toMatchObject({ hold: true, annotations: {} });
  });

  test("without its label, whoever lifts our hold does not begin the clock anew", () => {
    expect(admitUpdate(aRun().held().run, lifted, now, QUEUE)).toMatchObject({ hold: true, annotations: {} });
  });
});
