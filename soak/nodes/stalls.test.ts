import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { Stalls } from "./stalls";

const FROM = 1_000_000;

function pod(name: string, seconds: number, phase: string, node?: string) {
  const object: V1Pod = {
    metadata: { name, uid: name, labels: { "tekton.dev/pipelineRun": "build" } },
    ...{ spec: { containers: [], nodeName: node }, status: { phase } },
  };
  return { type: "MODIFIED" as const, at: FROM + seconds * 1000, revision: seconds, object };
}

function runAt(seconds: number, isOver = false) {
  const conditions = isOver ? [{ type: "Succeeded", status: "True", reason: "Completed" }] : [];
  const object = { metadata: { name: "build", uid: "run" }, spec: {}, status: { conditions } };
  return { type: "MODIFIED" as const, at: FROM + seconds * 1000, revision: seconds, object };
}

test("a run stands still while its pods only say the same again", () => {
  const stalls = new Stalls();
  stalls.run(runAt(0));
  stalls.pod(pod("first", 1, "Pending"));
  stalls.pod(pod("first", 4, "Pending"));
  stalls.pod(pod("first", 9, "Pending", "node-1"));
  expect(stalls.longest(FROM)).toEqual([
    {
      ...{ run: "build", seconds: 8 },
      ...{ from: "first, without a node, Pending", to: "first, on node-1, Pending" },
    },
  ]);
});

test("one that has not ended stands still until now, one that has ended no more", () => {
  const stalls = new Stalls();
  stalls.run(runAt(0));
  expect(stalls.longest(FROM + 30_000)[0]!.seconds).toBe(30);
  expect(stalls.unended()).toEqual(["build"]);
  stalls.run(runAt(31, true));
  stalls.pod(pod("first", 90, "Succeeded"));
  expect(stalls.longest(FROM + 99_000)[0]!.seconds).toBe(31);
  expect([...stalls.results()]).toEqual([["Completed", 1]]);
  expect(stalls.unended()).toEqual([]);
});
