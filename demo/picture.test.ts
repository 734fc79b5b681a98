import { expect, test } from "@jest/globals";
import { PLACEHOLDER_LABELS, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import type { Kind, Kinds, Seen } from "./observation";
import { nodesByRun, timelineOf } from "./picture";

const change = <K extends Kind>(kind: K, atMilliseconds: number, object: Kinds[K], gone = false): Seen =>
  ({ kind, gone, revision: atMilliseconds, atMilliseconds, object }) as Seen;
const meta = (name: string, labels = {}, namespace = "default") => ({
  ...{
    name,
    uid: `${namespace}/${name}`,
    namespace,
    labels: { [TEKTON_PIPELINE_RUN_LABEL]: "build", ...labels },
  },
});
const pod = (at: number, name: string, node?: string, phase = "Pending", labels = {}) => {
  const spec = { containers: [], ...(node !== undefined && { nodeName: node }) };
  return change("pod", at, { metadata: meta(name, labels), spec, status: { phase } });
};

const seen: Seen[] = [
  change("node", 10, { metadata: { name: "node-1", uid: "1" } }),
  change("run", 1000, { metadata: meta("build") }),
  pod(1200, "anchor", undefined, "Pending", PLACEHOLDER_LABELS),
  change("node", 3000, { metadata: { name: "node-2", uid: "2" } }),
  pod(3100, "anchor", "node-2", "Running", PLACEHOLDER_LABELS),
  pod(3500, "build-compile-pod"),
  pod(3600, "build-compile-pod", "node-2"),
  pod(5000, "build-compile-pod", "node-2", "Succeeded"),
  change("pod", 6000, { metadata: meta("anchor", PLACEHOLDER_LABELS) }, true),
  change("pod", 9000, {
    metadata: meta("elsewhere", {}, "other"),
    spec: { containers: [], nodeName: "node-1" },
  }),
];

test("from when the first run was made until the last pod was gone", () => {
  expect(timelineOf(seen, "title", "default")).toEqual({
    title: "title",
    from: 1000,
    until: 7000,
    nodes: [
      { name: "node-1", from: 1000 },
      { name: "node-2", from: 3000 },
    ],
    spans: [
      {
        run: "build",
        name: "anchor",
        kind: "placeholder",
        from: 1200,
        node: "node-2",
        bound: 3100,
        until: 6000,
      },
      { run: "build", name: "compile", kind: "pod", from: 3500, node: "node-2", bound: 3600, until: 5000 },
    ],
  });
});

test("the nodes that each run was on", () => {
  expect(nodesByRun(seen, "default")).toEqual(new Map([["build", ["node-2"]]]));
});
