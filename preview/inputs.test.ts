/** Previews of every example, and of every input that a real Tekton was recorded with. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { namespaceOf, recordedFor } from "../testbed/tekton-stand-in/contract/recording";
import type { Preview } from "./preview";
import { previewOfText } from "./testing";
import { previewText } from "./words";

const EXAMPLES = join(__dirname, "..", "examples");
const RECORDINGS = join(__dirname, "..", "testbed", "tekton-stand-in", "recordings");
const textOf = (...path: string[]) => readFileSync(join(...path), "utf8");
const inputsIn = (directory: string) =>
  readdirSync(directory).flatMap(name => (name.endsWith(".yaml") ? [name.replace(".yaml", "")] : []));

/** `a b*6 | c`: a and six pods of b, then c. */
const wavesOf = ({ waves }: Preview): string =>
  waves
    .map(wave => wave.map(({ name, pods }) => (pods === 1 ? name : `${name}*${pods}`)).join(" "))
    .join(" | ");

const EXAMPLE_ROWS: [file: string, run: string | undefined, outcome: string, waves: string, peak: object][] =
  [
    ["finally", undefined, "held", "prepare | break | clean-up", {}],
    ["four-tasks", undefined, "held", "fetch | build test | publish", {}],
    ["four-volumes", undefined, "held", "fetch warm-up | build | test", {}],
    ["gpu", undefined, "held", "prepare | train", { cpu: "2", "nvidia.com/gpu": "1" }],
    ["isolation", "keeps-company", "held", "work", {}],
    ["long-running", undefined, "held", "work | report", {}],
    ["matrix", undefined, "held", "test*6", { cpu: "1200m" }],
    ["multi-architecture", undefined, "held", "build*2 | test", { cpu: "400m" }],
    ["namespace-opt-in", "builds-together", "held", "build | test", {}],
    ["namespace-opt-in", "builds-apart", "not opted in", "build | test", {}],
    ["nested", undefined, "held", "before | inner/one inner/two | after", {}],
    ["pod-template", undefined, "held", "build | test", {}],
    ["sandboxed", undefined, "held", "lint untrusted", { cpu: "1250m", memory: "376Mi" }],
    ["tainted-pool", undefined, "held", "build | test", {}],
    ["zone", undefined, "held", "build | test", {}],
  ];

const NOTES: Record<string, unknown[]> = {
  "multi-architecture": [expect.stringMatching(/nodes of different kinds.*arch=amd64.*arch=arm64/)],
};

/** What the run's pod templates make of its placeholder. */
const PLACEHOLDER_ROWS = [
  {
    file: "multi-architecture",
    nodeSelector: { "kubernetes.io/arch": "amd64" },
    tolerations: [],
  },
  { file: "sandboxed", nodeSelector: { sandbox: "yes" }, tolerations: [] },
  {
    file: "gpu",
    nodeSelector: {},
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
  },
  {
    file: "tainted-pool",
    nodeSelector: { pool: "builds" },
    tolerations: [{ key: "dedicated", operator: "Equal", value: "builds" }],
  },
  {
    file: "pod-template",
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
  },
];

test.each(PLACEHOLDER_ROWS)("the placeholder of $file", ({ file, nodeSelector, tolerations }) => {
  const { placeholder } = previewOfText(textOf(EXAMPLES, `${file}.yaml`));
  const spec = placeholder!.spec!.template.spec!;
  expect(spec).toMatchObject({ nodeSelector, tolerations });
  expect(spec).not.toHaveProperty("runtimeClassName");
});

test("on one node, two architectures are a problem that names them", () => {
  const text = textOf(EXAMPLES, "multi-architecture.yaml").replace(/\n.*topology-key: .*\n/, "\n    {}\n");
  expect(previewOfText(text).problems).toEqual([
    expect.stringMatching(
      /held for 1h, and then be cancelled.*arch=amd64 \(nodeSelector of build\) and .*arch=arm64/,
    ),
  ]);
});

describe("examples", () => {
  test.each(EXAMPLE_ROWS)("%s %s", (file, run, outcome, waves, peak) => {
    const preview = previewOfText(textOf(EXAMPLES, `${file}.yaml`), run);
    expect(preview).toMatchObject({ admission: { outcome }, problems: [], peak });
    expect(preview.notes).toEqual(NOTES[file] ?? []);
    expect(wavesOf(preview)).toBe(waves);
    expect(previewText(preview)).toContain(preview.placeholder!.metadata!.name!);
  });

  test("all are in the table", () => {
    expect([...new Set(EXAMPLE_ROWS.map(([file]) => file))]).toEqual(inputsIn(EXAMPLES).sort());
  });
});

const RECORDING_ROWS: [input: string, outcome: string, waves: string, peak: object][] = [
  ["cancelled", "held", "long | cleanup", {}],
  ["custom-task", "held", "", {}],
  ["failing", "held", "bad slow | never", {}],
  ["finally", "held", "build | test | report notify", { cpu: "2" }],
  ["four-tasks", "held", "a b | c d", {}],
  ["matrix", "held", "test*6", { cpu: "1200m" }],
  ["nested", "held", "before | inner/one inner/two | after", {}],
  ["pending", "held later", "a", {}],
  ["pending-stopped", "held later", "a | f", {}],
  ["pod-templates", "held", "plain special", {}],
  ["retries", "held", "flaky", {}],
  ["sidecar", "held", "it", { cpu: "1500m" }],
  ["task-resources", "held", "a", { cpu: "2", memory: "1Gi" }],
  ["timeout", "held", "long", {}],
  ["v1beta1", "held", "a", { cpu: "300m" }],
  ["workspaces", "held", "fetch warm | build", {}],
];

/** What the operator and its labels add; all else has to be on the pods that Tekton made. */
const OURS = /^pod-affinity\.tekton\.dev\//;

describe("recorded inputs", () => {
  test.each(RECORDING_ROWS)("%s", (input, outcome, waves, peak) => {
    const preview = previewOfText(textOf(RECORDINGS, `${input}.yaml`), undefined, namespaceOf(input));
    expect(preview).toMatchObject({ admission: { outcome }, problems: [], peak });
    expect(wavesOf(preview)).toBe(waves);
  });

  test("all are in the table", () => {
    expect(RECORDING_ROWS.map(([input]) => input)).toEqual(inputsIn(RECORDINGS).sort());
  });

  /** A custom task has no pod, and a pending run that was stopped only those under finally. */
  const withPods = RECORDING_ROWS.map(([input]) => input).filter(
    input => !["custom-task", "pending-stopped"].includes(input),
  );
  test.each(withPods)("the pod of %s is one that Tekton made", async input => {
    const { pod } = previewOfText(textOf(RECORDINGS, `${input}.yaml`), undefined, namespaceOf(input));
    const { name, namespace, labels } = pod!.metadata!;
    const recorded = (await recordedFor(input)).objectsAsCreated[`Pod/${name}`];
    const { affinity: _, containers: __, tolerations: ___, ...placement } = pod!.spec!;
    expect(recorded).toMatchObject({
      metadata: {
        ...{ name, namespace },
        labels: Object.fromEntries(Object.entries(labels!).filter(([key]) => !OURS.test(key))),
      },
      spec: placement,
    });
  });
});
