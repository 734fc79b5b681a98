import { describe, expect, test } from "@jest/globals";
import type { V1PersistentVolumeClaim, V1StorageClass } from "@kubernetes/client-node";
import { aRun } from "../testing/builders";
import type { PipelineRun } from "../tekton/objects";
import { claimsOf } from "./claims";
import { dependsOnClasses, volumesOf, type Storage } from "./volumes";

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
): Storage => ({ claims: new Map(Object.entries(claims)), volumes: new Map(), classes });

const declared = (run: PipelineRun, known: Storage) =>
  volumesOf(claimsOf(run), known).volumes.map(
    ({ persistentVolumeClaim }) => persistentVolumeClaim!.claimName,
  );

describe("the placeholder names claims", () => {
  test.each<[string, Storage, string[], string | undefined]>([
    ["that exist", storage({ a: claim() }), ["a"], undefined],
    [
      "that one pod may use, where the place of their volume is known",
      {
        claims: new Map([["a", claim({ accessModes: ["ReadWriteOncePod"] })]]),
        volumes: new Map([["pv", {}]]),
        classes: undefined,
      },
      ["a"],
      undefined,
    ],
    [
      "but not for one pod only, without a volume",
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
    const { notes } = volumesOf(claimsOf(run), known);
    if (note === undefined) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringContaining(note)]);
  });

  test("but not those whose name depends on what is not known", () => {
    const run = runWith(existing("$(tasks.a.results.claim)"));
    expect(declared(run, storage({}))).toEqual([]);
    expect(volumesOf(claimsOf(run), storage({})).notes[0]).toContain("$(tasks.a.results.claim)");
  });
  test("as volumes of their own, the same ones every time", () => {
    const run = runWith(existing("a"), existing("b"));
    expect(volumesOf(claimsOf(run), storage({ a: claim(), b: claim() })).volumes).toEqual([
      { name: "claim-1", persistentVolumeClaim: { claimName: "a" } },
      { name: "claim-2", persistentVolumeClaim: { claimName: "b" } },
    ]);
  });
});

describe("a class that binds at once, or is not there", () => {
  const later = storageClass("later", "WaitForFirstConsumer", true);
  const atOnce = storageClass("at-once", "Immediate");
  const warned = (run: PipelineRun, known: Storage) =>
    volumesOf(claimsOf(run), known).warnings.map(({ message }) => message);

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
    [
      "one that is not there is told by its name",
      templated("w", "other"),
      [later, atOnce],
      /StorageClass other of the volumeClaimTemplate of workspace w does not exist/,
    ],
    ["as is a default that is not there", templated("w"), [atOnce], /cluster has no default one/],
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

  test.each([
    { name: "a claim with a volume", hasTemplates: false, found: claim(), expected: false },
    { name: "a claim that is not there", hasTemplates: false, found: undefined, expected: false },
    {
      name: "a claim without a volume",
      hasTemplates: false,
      found: claim({ volumeName: undefined }),
      expected: true,
    },
    { name: "claims that are made for the run", hasTemplates: true, found: claim(), expected: true },
  ])("classes are looked at only when it matters: $name", ({ hasTemplates, found, expected }) => {
    expect(dependsOnClasses(hasTemplates, new Map([["a", found]]))).toBe(expected);
  });
});
