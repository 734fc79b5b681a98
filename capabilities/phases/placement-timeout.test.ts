import { describe, expect, test } from "@jest/globals";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { HELD_SINCE_ANNOTATION, KEY_PREFIX } from "../keys";
import { aRun, observed, placeholderOf, unschedulable, withPlaceholder } from "../testing/builders";
import { stepFor } from "../testing/decide";
import type { Observed } from "./observed";

const CREATED = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(CREATED.getTime() + seconds * 1000);

const waiting = (onTimeout?: string, timeout = "10m") => {
  const builder = aRun().held().created(CREATED).annotation(`${KEY_PREFIX}placement-timeout`, timeout);
  return onTimeout === undefined ? builder : builder.annotation(`${KEY_PREFIX}on-timeout`, onTimeout);
};
const step = (seen: Observed, seconds: number) => stepFor(seen, after(seconds));

function withoutNode(run: Observed["run"]): Observed {
  const seen = withPlaceholder(run!);
  return { ...seen, pods: seen.pods.map(pod => unschedulable(pod)) };
}

describe("at its placement-timeout", () => {
  test.each([
    { onTimeout: undefined, kind: "cancel", consequence: "is cancelled" },
    { onTimeout: "wait", kind: "wait", consequence: "goes on waiting" },
    { onTimeout: "run-anyway", kind: "let-go", consequence: "starts without co-location" },
    { onTimeout: "cancel", kind: "cancel", consequence: "is cancelled" },
  ])("on-timeout $onTimeout: $kind, and says so with the reason", ({ onTimeout, kind, consequence }) => {
    const { kind: taken, warnings } = step(withoutNode(waiting(onTimeout).run), 600);
    expect(taken).toBe(kind);
    expect(warnings).toHaveLength(1);
    expect(warnings![0]).toMatchObject({ reason: "PlacementTimedOut" });
    for (const word of ["10m", consequence, "0/3 nodes are available"])
      expect(warnings![0]!.message).toContain(word);
  });

  test("what it says is one Event, however the reason for waiting changes", () => {
    const one = step(withoutNode(waiting().run), 600).warnings![0]!;
    const other = step(withPlaceholder(waiting().run), 700).warnings![0]!;
    expect(one.message).not.toBe(other.message);
    expect(one.about).toBe(other.about);
  });

  const foreign: V1StatefulSet = { ...placeholderOf(aRun().run), metadata: { labels: { app: "other" } } };
  test.each<[string, Observed, string]>([
    ["its name is taken", observed(waiting("cancel").run, { statefulSet: foreign }), "name is taken"],
    [
      "Tekton's assistant is on",
      observed(waiting("cancel").run, { coschedule: "pipelineruns" }),
      "Affinity Assistant is on",
    ],
  ])("the reason is told when %s", (_what, seen, reason) => {
    const { kind, warnings } = step(seen, 600);
    expect(kind).toBe("cancel");
    expect(warnings!.map(({ message }) => message).join()).toContain(`Why it waited: `);
    expect(warnings!.at(-1)!.message).toContain(reason);
  });

  test("a run that can be released is released, however late", () => {
    expect(step(withPlaceholder(waiting("cancel").run, "node-1"), 6000).kind).toBe("release");
  });

  test("a run whose opt-in is withdrawn starts", () => {
    expect(step(observed(waiting("cancel").optedIn("false").run), 6000).kind).toBe("let-go");
  });

  test("a run that was let go is not concerned any more", () => {
    const placed = aRun().placed().created(CREATED).annotation(`${KEY_PREFIX}placement-timeout`, "1s");
    expect(step(withPlaceholder(placed.run, "node-1"), 6000).kind).toBe("none");
  });
});

describe("before its placement-timeout", () => {
  test("it waits, and is looked at again when it is over, without any event", () => {
    expect(step(withoutNode(waiting("cancel").run), 599.5)).toMatchObject({
      kind: "wait",
      lookAgainSeconds: 0.5,
    });
  });

  test("also after a step that makes something", () => {
    expect(step(observed(waiting("cancel").run), 1)).toMatchObject({ kind: "make-placeholder" });
    expect(step(observed(waiting("cancel").run), 1).lookAgainSeconds).toBeLessThanOrEqual(599);
  });

  test("the clock begins when the hold was taken over from another gate", () => {
    const run = waiting("cancel").annotation(HELD_SINCE_ANNOTATION, after(300).toISOString()).run;
    expect(step(withoutNode(run), 899)).toMatchObject({ kind: "wait", lookAgainSeconds: 1 });
    expect(step(withoutNode(run), 900).kind).toBe("cancel");
  });

  test("placement-timeout none is none", () => {
    const found = step(withoutNode(waiting("cancel", "none").run), 1e6);
    expect(found).toMatchObject({ kind: "wait", warnings: [{ type: "Normal", reason: "WaitingForNode" }] });
    expect(found.lookAgainSeconds).toBeUndefined();
  });

  test("one that is not given, or cannot be read, is an hour: then the run is cancelled", () => {
    for (const { run } of [aRun().held().created(CREATED), waiting(undefined, "soon")]) {
      expect(step(withoutNode(run), 3599).kind).toBe("wait");
      expect(step(withoutNode(run), 3600).kind).toBe("cancel");
    }
  });

  test("at half of it people are told, once, with what comes and why it waits", () => {
    const of = (seconds: number) => step(withoutNode(waiting("cancel").run), seconds);
    expect(of(299)).toMatchObject({ kind: "wait", lookAgainSeconds: 1 });
    expect(of(299).warnings).toMatchObject([{ type: "Normal" }]);
    const { lookAgainSeconds, warnings } = of(300);
    expect(lookAgainSeconds).toBe(300);
    expect(warnings).toMatchObject([{ reason: "PlacementDelayed" }]);
    for (const word of ["10m", "cancelled", "0/3 nodes are available"])
      expect(warnings![0]!.message).toContain(word);
    expect(of(500).warnings![0]!.about).toBe(warnings![0]!.about);
  });

  test("of one that is over soon only the end is told", () => {
    expect(step(withoutNode(waiting("cancel", "30s").run), 29).warnings).toMatchObject([{ type: "Normal" }]);
  });
});
