import { describe, expect, test } from "@jest/globals";
import type { V1Affinity } from "@kubernetes/client-node";
import type { PodTemplate } from "../../tekton/objects";
import { mergedTemplate, storedTemplate } from "./merge";

const RUN: PodTemplate = {
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "ci", operator: "Exists" }],
  affinity: { podAffinity: {} },
  runtimeClassName: "kata",
};

describe("a task's template over the run's", () => {
  test.each([
    {
      name: "null",
      own: { nodeSelector: null, tolerations: null, affinity: null, runtimeClassName: null },
      expected: RUN,
    },
    {
      name: "empty maps and lists",
      own: { nodeSelector: {}, tolerations: [], schedulerName: "" },
      expected: RUN,
    },
    { name: "nothing", own: null, expected: RUN },
    { name: "not a template", own: "x", expected: RUN },
    {
      name: "an empty affinity takes the run's away",
      own: { affinity: {} },
      expected: { ...RUN, affinity: {} },
    },
    {
      name: "an empty name of a class stays",
      own: { runtimeClassName: "" },
      expected: { ...RUN, runtimeClassName: "" },
    },
    {
      name: "a field is replaced whole",
      own: { nodeSelector: { a: "b" } },
      expected: { ...RUN, nodeSelector: { a: "b" } },
    },
  ])("$name", ({ own, expected }) => {
    expect(mergedTemplate(storedTemplate(own as unknown as PodTemplate), storedTemplate(RUN))).toEqual(
      expected,
    );
  });

  test("volumes and env are merged by name, the task's first; hostNetwork false does not undo true", () => {
    const of = (name: string, from: string) => ({ name, emptyDir: { medium: from } });
    const base = {
      volumes: [of("data", "run"), of("scratch", "run")],
      env: [{ name: "A" }],
      hostNetwork: true,
    };
    const own = { volumes: [of("data", "task"), of("more", "task")], env: [], hostNetwork: false };
    expect(mergedTemplate(storedTemplate(own as PodTemplate), storedTemplate(base as PodTemplate))).toEqual({
      volumes: [of("data", "task"), of("more", "task"), of("scratch", "run")],
      env: [{ name: "A" }],
      hostNetwork: true,
    });
  });
});

test("null inside of a field is as if it were not there; in a list an empty item, in a map an empty text", () => {
  const expressions = (value: string | null) => [{ key: "tier", operator: "In", values: [value] }];
  const template = {
    nodeSelector: { pool: null },
    tolerations: [null],
    affinity: { nodeAffinity: null, podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: null } },
    topologySpreadConstraints: [
      { labelSelector: { matchLabels: { app: null }, matchExpressions: expressions(null) } },
    ],
  };
  expect(storedTemplate(template as unknown as PodTemplate)).toEqual({
    nodeSelector: { pool: "" },
    tolerations: [{}],
    affinity: { podAffinity: {} } as V1Affinity,
    topologySpreadConstraints: [
      { labelSelector: { matchLabels: { app: "" }, matchExpressions: expressions("") } },
    ],
  });
});
