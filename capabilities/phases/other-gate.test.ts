import { describe, expect, test } from "@jest/globals";
import { HELD_SINCE_ANNOTATION, QUEUE_BROUGHT_ANNOTATION } from "../keys";
import { aRun, observed, SETTINGS, withPlaceholder } from "../testing/builders";
import { stepFor } from "../testing/decide";
import { dependsOnQueue } from "./other-gate";

const CREATED = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(CREATED.getTime() + seconds * 1000);
const KUEUE = "kueue.x-k8s.io/queue-name";
const CODE = "pipelinesascode.tekton.dev/state";
const held = (key: string, value: string) => aRun().held().created(CREATED).label(key, value);
const brought = () => held(KUEUE, "builds").annotation(QUEUE_BROUGHT_ANNOTATION, "true");

describe("a held run with the label of another gate", () => {
  test.each([
    { name: "which a webhook put there after ours", of: held(KUEUE, "builds"), waits: true },
    {
      name: "which that gate has let go",
      of: held(KUEUE, "builds").annotation(HELD_SINCE_ANNOTATION, after(1).toISOString()),
      waits: false,
    },
    { name: "without a value", of: held(KUEUE, ""), waits: false },
    { name: "of Pipelines-as-Code, queued", of: held(CODE, "queued"), waits: true },
    { name: "of Pipelines-as-Code, started", of: held(CODE, "started"), waits: false },
    {
      name: "of Pipelines-as-Code, queued once more",
      of: held(CODE, "queued").annotation(HELD_SINCE_ANNOTATION, after(1).toISOString()),
      waits: true,
    },
    { name: "that nobody knows", of: held("example.com/queue", "builds"), waits: false },
  ])("$name: waits $waits, however long", ({ of, waits }) => {
    for (const seconds of [1, 100_000]) {
      const { kind, warnings = [] } = stepFor(observed(of.run), after(waits ? seconds : 1));
      expect(kind).toBe(waits ? "wait" : "make-placeholder");
      expect(warnings.map(({ reason }) => reason)).toEqual(waits ? ["WaitsForQueue"] : []);
    }
  });

  test("is not let go though its placeholder has a node", () => {
    expect(stepFor(withPlaceholder(held(CODE, "queued").run, "node-1"), after(1)).kind).toBe("wait");
  });

  test("that it brought along waits for as long as a queue has it", () => {
    const { run } = brought();
    expect(dependsOnQueue(run, SETTINGS.GATE_LABELS)).toBe(true);
    expect(stepFor(observed(run, { isQueued: true }), after(5000)).kind).toBe("wait");
  });

  test("that it brought along, and no queue takes, is looked at again, and then placed", () => {
    const of = (seconds: number) => stepFor(observed(brought().run, { isQueued: false }), after(seconds));
    expect(of(0)).toMatchObject({ kind: "wait", lookAgainSeconds: 1 });
    expect(of(8)).toMatchObject({ kind: "wait", lookAgainSeconds: 4 });
    expect(of(14)).toMatchObject({ kind: "wait", lookAgainSeconds: 1 });
    expect(of(15).kind).toBe("make-placeholder");
  });
});

test("only where its label came with the run is the queue asked", () => {
  const asked = [
    held(KUEUE, "builds"),
    held(CODE, "queued"),
    aRun().held(),
    aRun().placed().label(KUEUE, "b"),
  ];
  expect(asked.map(({ run }) => dependsOnQueue(run, SETTINGS.GATE_LABELS))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
