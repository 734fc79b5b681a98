import { describe, expect, test } from "@jest/globals";
import type { V1Affinity } from "@kubernetes/client-node";
import type { FullTemplate } from "./effective";
import { readable } from "./refused";

const read = (template: unknown, isRaw = false) => readable(template as FullTemplate, () => isRaw);
const onNodes = (...nodeSelectorTerms: unknown[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const requiredTerms = ({ affinity }: { affinity?: V1Affinity }) =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
const expression = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });

describe("what has a reference that is left", () => {
  const template = {
    nodeSelector: { arch: "$(params.arch)", os: "linux" },
    tolerations: [{ key: "$(params.key)", operator: "Exists" }, { operator: "Exists" }],
    runtimeClassName: "$(params.class)",
    priorityClassName: "high",
    imagePullSecrets: [{ name: "$(params.secret)" }, { name: "pull" }],
  };

  test.each([
    { isRaw: false, why: "unknown" },
    { isRaw: true, why: "refused" },
  ])("is taken out, and is $why", ({ isRaw, why }) => {
    const { template: kept, leftOut } = read(template, isRaw);
    expect(kept).toMatchObject({
      nodeSelector: { os: "linux" },
      tolerations: [{ operator: "Exists" }],
      imagePullSecrets: [{ name: "pull" }],
      priorityClassName: "high",
    });
    expect(JSON.stringify(kept)).not.toContain("$(");
    expect(leftOut).toHaveLength(3);
    expect(new Set(leftOut.map(item => item.why))).toEqual(new Set([why]));
    expect(leftOut.map(({ what }) => what)).toContain("nodeSelector arch=$(params.arch)");
  });

  test("leaves a term that more nodes meet", () => {
    const known = expression("os", "In", "linux");
    const unknown = expression("arch", "In", "amd64", "$(params.arch)");
    expect(requiredTerms(read(onNodes({ matchExpressions: [known, unknown] })).template)).toEqual([
      { matchExpressions: [known] },
    ]);
    // One of the ways is open to any node, so nothing is required.
    expect(
      requiredTerms(read(onNodes({ matchExpressions: [known] }, { matchExpressions: [unknown] })).template),
    ).toBeUndefined();
  });
});

test("a term without expressions is one that matches no node, not one that is refused", () => {
  const { template, leftOut } = read(onNodes({}));
  expect(requiredTerms(template)).toEqual([{}]);
  expect(leftOut).toEqual([]);
});

test.each([
  {
    name: "node affinity without terms",
    template: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } },
  },
  { name: "an empty list of terms", template: onNodes() },
  { name: "In without values", template: onNodes({ matchExpressions: [expression("a", "In")] }) },
  { name: "Exists with values", template: onNodes({ matchExpressions: [expression("a", "Exists", "b")] }) },
  { name: "Gt a word", template: onNodes({ matchExpressions: [expression("a", "Gt", "b")] }) },
  { name: "an unknown operator", template: onNodes({ matchExpressions: [expression("a", "Is", "b")] }) },
  {
    name: "values that are no list",
    template: onNodes({ matchExpressions: [{ key: "a", operator: "In", values: "b" }] }),
  },
  {
    name: "a field that nodes do not have",
    template: onNodes({ matchFields: [expression("a", "In", "b")] }),
  },
  { name: "an empty toleration", template: { tolerations: [{}] } },
  { name: "Exists with a value", template: { tolerations: [{ key: "a", operator: "Exists", value: "b" }] } },
  {
    name: "a time for NoSchedule",
    template: { tolerations: [{ key: "a", effect: "NoSchedule", tolerationSeconds: 1 }] },
  },
  { name: "a selector's value with a blank", template: { nodeSelector: { disk: "fast ssd" } } },
  { name: "a selector's value that is too long", template: { nodeSelector: { disk: "d".repeat(64) } } },
  { name: "a selector's key with two slashes", template: { nodeSelector: { "a/b/c": "d" } } },
  { name: "a value with a slash", template: onNodes({ matchExpressions: [expression("a", "In", "b/c")] }) },
  { name: "a limit with a sign", template: onNodes({ matchExpressions: [expression("a", "Gt", "-1")] }) },
  { name: "a tolerated value with a blank", template: { tolerations: [{ key: "a", value: "b c" }] } },
  { name: "a tolerated key with a blank", template: { tolerations: [{ key: "a b", operator: "Exists" }] } },
  { name: "a RuntimeClass with a capital", template: { runtimeClassName: "Kata" } },
  { name: "a priority class with a blank", template: { priorityClassName: "very high" } },
  {
    name: "a pod term whose selector has no values",
    template: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "zone", labelSelector: { matchExpressions: [expression("a", "In")] } },
          ],
        },
      },
    },
  },
  {
    name: "a spread that says not what to do",
    template: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone" }] },
  },
  { name: "an unknown effect", template: { tolerations: [{ key: "a", effect: "Never" }] } },
  { name: "a key that is no text", template: { tolerations: [{ key: 1, operator: "Exists" }] } },
  { name: "an empty name of a RuntimeClass", template: { runtimeClassName: "" } },
  {
    name: "a pod term without topologyKey",
    template: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } },
  },
  {
    name: "a selector that is none",
    template: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "a", labelSelector: "b" }],
        },
      },
    },
  },
  {
    name: "a weight of zero",
    template: {
      affinity: {
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }] },
      },
    },
  },
  { name: "a spread without topologyKey", template: { topologySpreadConstraints: [{ maxSkew: 1 }] } },
])("$name is refused, and left out", ({ template }) => {
  const { template: kept, leftOut } = read(template);
  expect(leftOut).toEqual([{ what: expect.any(String), why: "refused" }]);
  expect(kept).toEqual(read({}).template);
});

test.each([
  {
    name: "texts for objects",
    template: { nodeSelector: "x", tolerations: "x", affinity: "x", imagePullSecrets: 1 },
  },
  { name: "lists for objects", template: { nodeSelector: [], affinity: [{}], tolerations: [1] } },
  {
    name: "texts in an affinity",
    template: {
      affinity: {
        nodeAffinity: "x",
        podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: "x" },
        podAntiAffinity: 1,
      },
    },
  },
])("$name: nothing is read, and nothing breaks", ({ template }) => {
  expect(read(template).template).toEqual(read({}).template);
});
