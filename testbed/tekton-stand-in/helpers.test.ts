/** Tables for names, durations, quantities, substitution, and the merging of labels. */
import { describe, expect, test } from "@jest/globals";
import { until } from "../until";
import { formatDuration, parseDuration } from "./duration";
import type { Api } from "./io/api";
import { Store } from "./io/store";
import { WorkQueue } from "./io/work-queue";
import { writeBack } from "./io/write-back";
import { childName, childNames, claimName, podName, workspaceVolumeName } from "./names";
import { share } from "./quantity";
import { missingParams, paramReplacements, substitute } from "./substitution";
import type { Run } from "./types";

describe("names", () => {
  const long = "a-pipelinerun-with-a-name-that-is-rather-long";

  test("of children are both names, or have a hash in them where that is too long", () => {
    expect(childName("run", "-task")).toBe("run-task");
    expect(childName(long, "-and-another-long-task")).toMatch(
      /^a-pipelin[0-9a-f]{32}-and-another-long-task$/,
    );
    expect(childName("run", `-${"t".repeat(70)}`)).toMatch(/^run[0-9a-f]{32}-t+$/);
    expect(childName("run", `-${"t".repeat(70)}`)).toHaveLength(63);
  });

  test("of a matrix end in their number", () => {
    expect(childNames("run", "t", 2)).toEqual(["run-t-0", "run-t-1"]);
    expect(childNames("run", "t", 1)).toEqual(["run-t"]);
    const names = childNames(long, "x".repeat(40), 11);
    expect(new Set(names).size).toBe(11);
    expect(names.every((name, index) => name.endsWith(`-${index}`) && name.length <= 63)).toBe(true);
  });

  test("of pods, claims and volumes are those of the recordings", () => {
    expect([podName("t", 0), podName("t", 2)]).toEqual(["t-pod", "t-pod-retry2"]);
    expect(claimName(undefined, "source", "0c052f74-00c6-4799-8a19-e4c8ff2ff880")).toBe("pvc-d0cb3cbc5b");
    expect(["source", "cache"].map(workspaceVolumeName)).toEqual(["ws-1bcf2", "ws-265da"]);
  });
});

describe("durations and quantities", () => {
  test.each([
    ["1h0m0s", 3_600_000],
    ["1.5h", 5_400_000],
    ["90s", 90_000],
    ["250ms", 250],
    ["0", 0],
  ])("%s", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
    expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
  });

  test("that are none are refused", () => {
    expect(() => parseDuration("soon")).toThrow('"soon" is not a duration');
    expect(() => share({ cpu: "much" }, 2)).toThrow('"much" is not a quantity');
  });

  test.each([
    ["cpu", "1", 3, "333m"],
    ["cpu", "2", 2, "1"],
    ["cpu", "500m", 2, "250m"],
    ["memory", "1Gi", 2, "512Mi"],
    ["memory", "1G", 4, "250M"],
    ["memory", "10", 3, "3"],
  ])("%s %s in %i", (name, whole, parts, part) => {
    expect(share({ [name]: whole }, parts)).toEqual({ [name]: part });
  });
});

describe("substitution", () => {
  const declared = [
    { name: "text", default: "t" },
    { name: "list", default: ["x"] },
    { name: "object", default: { a: "1", b: "2" } },
  ];
  const given = [
    { name: "list", value: ["p", "q"] },
    { name: "object", value: { b: "3" } },
  ];
  const replacements = paramReplacements(declared, given);

  test.each([
    ["$(params.text)", "t"],
    ["-$(params['text'])-$(params[\"text\"])-", "-t-t-"],
    ["$(params.list[1])", "q"],
    ["$(params.object.a)$(params.object.b)", "13"],
    ["$(params.list[*])", ["p", "q"]],
    [
      ["a", "$(params.list[*])", "z"],
      ["a", "p", "q", "z"],
    ],
    ["$(tasks.a.results.x) $(params.unknown)", "$(tasks.a.results.x) $(params.unknown)"],
  ])("of %j", (before, after) => expect(substitute(before, replacements)).toEqual(after));

  test("finds what has no value", () => {
    expect(
      missingParams([{ name: "a" }, { name: "b", default: "" }, { name: "c" }], [{ name: "c", value: "" }]),
    ).toEqual(["a"]);
  });
});

describe("labels", () => {
  test("that were taken away meanwhile are written back, as by Tekton", async () => {
    const run = (labels: object, resourceVersion: string): Run =>
      ({
        kind: "PipelineRun",
        spec: {},
        metadata: { name: "r", namespace: "n", uid: "u", resourceVersion, labels },
      }) as Run;
    const store = new Store<Run>();
    store.put(run({ theirs: "new" }, "2"));
    const before = run({ theirs: "old", removed: "x" }, "1");
    let written: unknown;
    const writeMetadata = async (_run: Run, metadata: unknown): Promise<Run> => {
      written = metadata;
      return run({}, "3");
    };
    await writeBack({ writeMetadata } as unknown as Api, store, before, before);
    expect(written).toMatchObject({ labels: { theirs: "old", removed: "x" }, resourceVersion: "2" });
  });
});

describe("the store", () => {
  const object = (resourceVersion: string, uid = "u") => ({
    metadata: { name: "a", namespace: "n", uid, resourceVersion },
  });

  test("keeps the newer, and what is gone stays gone", () => {
    const store = new Store();
    store.put(object("10"));
    store.put(object("9"));
    expect(store.get("n/a")).toEqual(object("10"));
    store.delete(object("11"));
    store.put(object("10"));
    expect(store.get("n/a")).toBeUndefined();
    store.put(object("12", "other"));
    expect(store.get("n/a")).toEqual(object("12", "other"));
  });
});

describe("the work queue", () => {
  test("works on one key once at a time, once more when it was added meanwhile, and again after an error", async () => {
    const seen: string[] = [];
    const reports: string[] = [];
    let inWork = 0;
    const queue = new WorkQueue({
      name: "test",
      parallel: 2,
      report: line => reports.push(line),
      work: async key => {
        expect(++inWork).toBeLessThanOrEqual(2);
        seen.push(key);
        await Promise.resolve();
        inWork--;
        if (key === "bad" && reports.length === 0) throw new Error("once");
      },
    });
    for (const key of ["a", "a", "a", "bad"]) queue.add(key);
    await until("the work to be done", 5000, async () => seen.length === 4);
    expect([...seen].sort()).toEqual(["a", "a", "bad", "bad"]);
    expect(reports).toEqual(["test bad: once; trying again in 5 ms"]);
  });
});
