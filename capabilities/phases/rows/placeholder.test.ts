import { describe, expect, test } from "@jest/globals";
import { placeholderName } from "../../placement/names";
import { aRun, observed, runPod, withPlaceholder } from "../../testing/builders";
import { stepFor } from "../../testing/decide";
import { deleting, earlier, foreign, orphan } from "../../testing/stateful-sets";

const held = () => aRun().held().run;
const placed = () => aRun().placed().run;

describe("a held run", () => {
  test.each([
    { name: "has no placeholder yet", seen: observed(held()), kind: "make-placeholder" },
    {
      name: "finds a StatefulSet that is not ours",
      seen: observed(held(), { statefulSet: foreign() }),
      kind: "wait",
    },
    {
      name: "finds that of an earlier run",
      seen: observed(held(), { statefulSet: earlier() }),
      kind: "wait",
    },
    {
      name: "finds an orphan",
      seen: observed(held(), { statefulSet: orphan() }),
      kind: "delete-placeholder",
    },
    {
      name: "finds an orphan that pods need",
      seen: observed(held(), { statefulSet: orphan(), pods: [runPod("Running")] }),
      kind: "wait",
    },
    {
      name: "sees its placeholder go",
      seen: observed(held(), { statefulSet: deleting() }),
      kind: "wait",
    },
    {
      name: "has its opt-in withdrawn",
      seen: observed(aRun().held().optedIn("false").run),
      kind: "let-go",
    },
    {
      name: "has its opt-in withdrawn while its placeholder is bound",
      seen: withPlaceholder(aRun().held().optedIn("false").run, "node-1"),
      kind: "let-go",
    },
    {
      name: "finds a bound pod of an earlier run's",
      seen: { ...withPlaceholder(held(), "node-1"), statefulSet: earlier() },
      kind: "wait",
    },
  ])("$name", ({ seen, kind }) => {
    expect(stepFor(seen).kind).toBe(kind);
  });

  test("says that its placeholder's name is taken, by which object, and what to do", () => {
    const [warning] = stepFor(observed(held(), { statefulSet: foreign() })).warnings!;
    expect(warning).toMatchObject({ reason: "PlaceholderNameTaken" });
    expect(warning!.message).toContain(placeholderName("build"));
  });

  test("is not let go into a clash with Tekton's own assistant, bound or not", () => {
    const seen = { ...withPlaceholder(held(), "node-1"), coschedule: "pipelineruns" };
    expect(stepFor(seen)).toMatchObject({ kind: "wait", warnings: [{ reason: "AffinityAssistantEnabled" }] });
  });

  test("with a claim clashes with the assistant's mode workspaces, however large the run is", () => {
    const { run } = aRun()
      .held()
      .spec({
        workspaces: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
        taskRunTemplate: { podTemplate: { nodeSelector: { long: "x".repeat(50_000) } } },
      });
    const seen = { ...withPlaceholder(run, "node-1"), coschedule: "workspaces" };
    expect(stepFor(seen)).toMatchObject({ kind: "wait", warnings: [{ reason: "AffinityAssistantEnabled" }] });
  });

  test("goes, with a warning, where the assistant is on and does not concern it", () => {
    const seen = { ...withPlaceholder(held(), "node-1"), coschedule: "workspaces" };
    expect(stepFor(seen)).toMatchObject({
      kind: "release",
      warnings: [{ reason: "AffinityAssistantEnabled" }],
    });
  });
});

describe("a placed run", () => {
  test.each([
    {
      name: "gets its placeholder back when it was deleted",
      seen: observed(placed()),
      kind: "make-placeholder",
    },
    {
      name: "waits for that of an earlier run to go",
      seen: observed(placed(), { statefulSet: earlier() }),
      kind: "wait",
    },
    { name: "sees its placeholder go", seen: observed(placed(), { statefulSet: deleting() }), kind: "wait" },
    {
      name: "leaves alone what has its placeholder's name",
      seen: observed(placed(), { statefulSet: foreign() }),
      kind: "wait",
    },
  ])("$name", ({ seen, kind }) => {
    expect(stepFor(seen).kind).toBe(kind);
  });
});

describe("an Event FailedCreate", () => {
  test("does not delete the StatefulSet of a run that is under way, however old it is", () => {
    const seen = { ...withPlaceholder(placed()), pods: [], podRefusal: "exceeded quota" };
    for (const at of ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) {
      expect(stepFor(seen, new Date(at)).kind).toBe("wait");
    }
  });
});
