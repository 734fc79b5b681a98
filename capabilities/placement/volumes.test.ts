import { describe, expect, test } from "@jest/globals";
import type { V1PersistentVolumeClaim, V1StorageClass } from "@kubernetes/client-node";
import { aRun } from "../testing/builders";
import type { PipelineRun } from "../tekton/objects";
import { claimNames, dependsOnClasses, volumesOf, type Storage } from "./volumes";

const runWith = (...workspaces: object[]): PipelineRun =>
  aRun()
    .held()
    .spec({ workspaces: workspaces as never }).run;
const existing = (claimName: string) => ({ name: `for-${claimName}`, persistentVolumeClaim: { claimName } });
const templated = (name: string, storageClassName?: string) => ({
  name,
  volumeClaimTemplate: { spec: { storageClassName, accessModes: ["ReadWriteOnce"] } },
});
const claim = (spec: object = {}, metadata: object = {}): V1PersistentVolumeClaim => ({
  metadata,
  spec: { accessModes: ["ReadWriteOnce"], volumeName: "pv", ...spec },
});
const storageClass = (
  name: string,
  volumeBindingMode?: string,
  isDefault = false,
  made = 0,
): V1StorageClass => ({
  provisioner: "p",
  metadata: {
    name,
    creationTimestamp: new Date(made),
    annotations: isDefault ? { "storageclass.kubernetes.io/is-default-class": "true" } : {},
  },
  ...(volumeBindingMode !== undefined && { volumeBindingMode }),
});
const storage = (
  claims: Record<string, V1PersistentVolumeClaim | undefined>,
  classes?: V1StorageClass[],
): Storage => ({ claims: new Map(Object.entries(claims)), classes });

const declared = (run: PipelineRun, known: Storage, more?: string[]) =>
  volumesOf(run, known, more).volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim!.claimName);

describe("names of claims", () => {
  test("are those of workspaces and of pod templates, each once", () => {
    const volumes = [
      { name: "v", persistentVolumeClaim: { claimName: "c" } },
      { name: "e", emptyDir: {} },
    ];
    const run = aRun().spec({
      workspaces: [existing("a"), existing("a"), { name: "n" }, existing("b")],
      taskRunTemplate: { podTemplate: { volumes } },
      taskRunSpecs: [
        { podTemplate: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "d" } }] } },
      ],
    }).run;
    expect(claimNames(run)).toEqual(["a", "b", "c", "d"]);
  });
  test("have the run's parameters put in", () => {
    const run = runWith(existing("cache-$(params.team)"));
    Object.assign(run.spec!, { params: [{ name: "team", value: "red" }] });
    expect(claimNames(run)).toEqual(["cache-red"]);
  });
  test.each([[null], ["x"], [[1]], [[{ name: "w", persistentVolumeClaim: "x" }]]])(
    "are none in workspaces of another shape: %j",
    workspaces => {
      expect(claimNames(aRun().spec({ workspaces: workspaces as never }).run)).toEqual([]);
    },
  );
});

describe("the placeholder names claims", () => {
  test.each<[string, Storage, string[], string | undefined]>([
    ["that exist", storage({ a: claim() }), ["a"], undefined],
    [
      "but not for one pod only",
      storage({ a: claim({ accessModes: ["ReadWriteOncePod"] }) }),
      [],
      "ReadWriteOncePod",
    ],
    ["but not those that are not there", storage({ a: undefined }), [], "does not exist"],
    [
      "but not those that go",
      storage({ a: claim({}, { deletionTimestamp: new Date(0) }) }),
      [],
      "does not exist",
    ],
    ["that nobody has looked for, and says so", storage({}), ["a"], "was not read"],
  ])("%s", (_what, known, names, note) => {
    const run = runWith(existing("a"));
    expect(declared(run, known)).toEqual(names);
    const { notes } = volumesOf(run, known);
    if (note === undefined) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringContaining(note)]);
  });

  test("but not those whose name depends on what is not known", () => {
    const run = runWith(existing("$(tasks.a.results.claim)"));
    expect(declared(run, storage({}))).toEqual([]);
    expect(volumesOf(run, storage({})).notes[0]).toContain("$(tasks.a.results.claim)");
  });
  test("that were made for the run, once it is under way", () => {
    const known = storage({ a: claim(), made: claim() });
    expect(declared(runWith(existing("a"), templated("t")), known, ["made", "a"])).toEqual(["a", "made"]);
  });
  test("as volumes of their own, the same ones every time", () => {
    const run = runWith(existing("a"), existing("b"));
    expect(volumesOf(run, storage({ a: claim(), b: claim() })).volumes).toEqual([
      { name: "claim-1", persistentVolumeClaim: { claimName: "a" } },
      { name: "claim-2", persistentVolumeClaim: { claimName: "b" } },
    ]);
  });
});

describe("a class that binds at once", () => {
  const later = storageClass("later", "WaitForFirstConsumer", true);
  const atOnce = storageClass("at-once", "Immediate");
  const warned = (run: PipelineRun, known: Storage) =>
    volumesOf(run, known).warnings.map(({ message }) => message);

  test.each<[string, object, V1StorageClass[], RegExp | undefined]>([
    [
      "by name",
      templated("w", "at-once"),
      [later, atOnce],
      /at-once of the volumeClaimTemplate of workspace w/,
    ],
    ["by default", templated("w"), [storageClass("d", "Immediate", true)], /StorageClass d /],
    [
      "without a mode, which is Immediate",
      templated("w", "bare"),
      [storageClass("bare")],
      /StorageClass bare /,
    ],
    ["not one that waits", templated("w"), [later, atOnce], undefined],
    ["not one that is not there", templated("w", "other"), [later, atOnce], undefined],
    [
      "none where a claim wants a volume that is there already",
      templated("w", ""),
      [storageClass("d", "Immediate", true)],
      undefined,
    ],
    [
      "of several defaults the newest",
      templated("w"),
      [storageClass("old", "WaitForFirstConsumer", true, 1), storageClass("new", "Immediate", true, 2)],
      /StorageClass new /,
    ],
    [
      "and of equally old ones the first by name",
      templated("w"),
      [storageClass("b", "WaitForFirstConsumer", true), storageClass("a", "Immediate", true)],
      /StorageClass a /,
    ],
  ])("%s", (_what, workspace, classes, message) => {
    const found = warned(runWith(workspace), storage({}, classes));
    if (message === undefined) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(message)]);
  });

  test("of an existing claim that has no volume yet, and not of one that has", () => {
    const classes = [later, atOnce];
    const of = (volumeName?: string) =>
      warned(
        runWith(existing("a")),
        storage({ a: claim({ storageClassName: "at-once", volumeName }) }, classes),
      );
    expect(of()).toEqual([expect.stringMatching(/at-once of the claim a binds at once/)]);
    expect(of("pv")).toEqual([]);
  });

  test("classes are looked at only when it matters", () => {
    expect(dependsOnClasses(runWith(existing("a")), new Map([["a", claim()]]))).toBe(false);
    expect(dependsOnClasses(runWith(existing("a")), new Map([["a", undefined]]))).toBe(false);
    expect(dependsOnClasses(runWith(existing("a")), new Map([["a", claim({ volumeName: undefined })]]))).toBe(
      true,
    );
    expect(dependsOnClasses(runWith(templated("w")), new Map())).toBe(true);
  });
});
