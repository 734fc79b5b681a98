import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1NodeSelectorTerm } from "@kubernetes/client-node";
import * as fc from "fast-check";
import type { PipelineRunSpec, PodTemplate } from "../tekton/objects";
import { effectiveTemplates, priorityClassNames, unitePodTemplates } from "./pod-templates";

const spec = (common: PodTemplate, ...special: PodTemplate[]): PipelineRunSpec => ({
  taskRunTemplate: { podTemplate: common },
  taskRunSpecs: special.map(podTemplate => ({ podTemplate })),
});
const unite = (common: PodTemplate, ...special: PodTemplate[]) =>
  unitePodTemplates(spec(common, ...special), () => 0);
const onNodes = (...terms: string[][]): V1Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: terms.map(values => ({
        matchExpressions: [{ key: "pool", operator: "In", values }],
      })),
    },
  },
});

test("a run without templates demands nothing", () => {
  const { template, contradictions } = unitePodTemplates(undefined, () => 0);
  expect(contradictions).toEqual([]);
  expect(template).toMatchObject({ nodeSelector: {}, tolerations: [], imagePullSecrets: [] });
});

test("a task's template overlays the run's field by field, as in Tekton", () => {
  const run = { nodeSelector: { a: "1" }, priorityClassName: "high" };
  expect(effectiveTemplates(spec(run, { nodeSelector: { b: "2" } }))).toEqual([
    run,
    { nodeSelector: { b: "2" }, priorityClassName: "high" },
  ]);
});

describe("node selectors", () => {
  test("are united", () => {
    expect(
      unite({ nodeSelector: { os: "linux" } }, { nodeSelector: { disk: "ssd" } }).template.nodeSelector,
    ).toEqual({
      os: "linux",
      disk: "ssd",
    });
  });
  test("that contradict each other are told with key and values", () => {
    const { contradictions } = unite({ nodeSelector: { pool: "a" } }, { nodeSelector: { pool: "b" } });
    expect(contradictions).toEqual(["one pod template wants nodes with pool=a, another pool=b"]);
  });
});

test("only tolerations that all pods have are taken over", () => {
  const ci = { key: "ci", operator: "Exists" };
  const gpu = { key: "gpu", operator: "Exists" };
  expect(unite({ tolerations: [ci, gpu] }, { tolerations: [ci] }).template.tolerations).toEqual([ci]);
});

describe("required node affinities", () => {
  const terms = (...templates: [PodTemplate, ...PodTemplate[]]) =>
    unite(...templates).template.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;

  test("are met together: each way to pick one term of each", () => {
    const both = terms({ affinity: onNodes(["a"], ["b"]) }, { affinity: onNodes(["c"]) });
    expect(both?.map(term => term.matchExpressions?.map(({ values }) => values))).toEqual([
      [["a"], ["c"]],
      [["b"], ["c"]],
    ]);
  });
  test("that are the same are taken once", () => {
    const one = { affinity: onNodes(["a"]) };
    expect(terms(one, { ...one, schedulerName: "" })).toHaveLength(1);
  });
  test("that combine in too many ways are told, not multiplied out", () => {
    const many = (prefix: string) => ({
      affinity: onNodes(...Array.from({ length: 11 }, (_, index) => [`${prefix}${index}`])),
    });
    expect(unite(many("a"), many("b")).contradictions[0]).toContain("121 ways");
  });
});

describe("a node suits the placeholder exactly when it suits every pod", () => {
  const values = ["a", "b", "c"];
  const expression = fc.record({
    key: fc.constantFrom("pool", "disk"),
    operator: fc.constant("In"),
    values: fc.subarray(values, { minLength: 1 }),
  });
  /** As in Kubernetes: one term has to match, and a term without expressions matches nothing. */
  const suits = (terms: V1NodeSelectorTerm[], node: Record<string, string>) =>
    terms.some(
      ({ matchExpressions = [] }) =>
        matchExpressions.length > 0 && matchExpressions.every(e => e.values!.includes(node[e.key]!)),
    );
  const demanding = (nodeSelectorTerms: V1NodeSelectorTerm[]): PodTemplate => ({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  });
  const check = (fewestExpressions: number) => {
    const term = fc.record({
      matchExpressions: fc.array(expression, { minLength: fewestExpressions, maxLength: 2 }),
    });
    const demand = fc.array(term, { minLength: 1, maxLength: 3 });
    const node = fc.record({ pool: fc.constantFrom(...values), disk: fc.constantFrom(...values) });
    const property = fc.property(demand, demand, node, (left, right, node) => {
      const { template, contradictions } = unite(demanding(left), demanding(right));
      const required = template.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution;
      const nodeSelectorTerms = contradictions.length > 0 ? [] : required!.nodeSelectorTerms;
      expect(suits(nodeSelectorTerms, node)).toBe(suits(left, node) && suits(right, node));
    });
    fc.assert(property, { seed: 1 });
  };
  test("terms with expressions", () => check(1));
  test("terms without expressions", () => check(0));
});

// One pod has to match all required terms, see required-term.ts: it would wait for ever.
test("pod affinities to different pods do not all become the placeholder's requirement", () => {
  const near = (app: string): PodTemplate => {
    const term = { topologyKey: "zone", labelSelector: { matchLabels: { app } } };
    return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  };
  const { template, contradictions } = unite(near("cache"), near("database"));
  const required = template.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  expect(contradictions.length > 0 || required.length < 2).toBe(true);
});

test("pod affinities of all templates are taken over", () => {
  const term = (app: string) => ({ topologyKey: "zone", labelSelector: { matchLabels: { app } } });
  const affinity = (app: string): V1Affinity => ({
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app)] },
  });
  const { template } = unite({ affinity: affinity("x") }, { affinity: affinity("y") });
  expect(template.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
    term("x"),
    term("y"),
  ]);
});

describe("priority", () => {
  const several = spec({}, { priorityClassName: "low" }, { priorityClassName: "high" });
  const values: Record<string, number> = { low: -5, high: 7 };
  test("the highest is taken", () => {
    const { template } = unitePodTemplates(several, name => (name === undefined ? 0 : values[name]!));
    expect(template.priorityClassName).toBe("high");
  });
  test("the cluster's default may be the highest", () => {
    const { template } = unitePodTemplates(several, name => (name === undefined ? 9 : values[name]!));
    expect(template.priorityClassName).toBeUndefined();
  });
  test("all names in use are asked for", () => {
    expect(priorityClassNames(several)).toEqual([undefined, "low", "high"]);
  });
});

test("two schedulers in one run are told", () => {
  expect(unite({}, { schedulerName: "other" }).contradictions[0]).toContain("schedulerName: (none), other");
});
