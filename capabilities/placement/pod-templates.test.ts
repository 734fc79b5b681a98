import { describe, expect, test } from "@jest/globals";
import type { V1Affinity, V1LabelSelector, V1NodeSelectorTerm } from "@kubernetes/client-node";
import * as fc from "fast-check";
import { aTask, known, runOf } from "../testing/definitions";
import type { PipelineRunSpec, PodTemplate } from "../tekton/objects";
import {
  effectiveTemplates,
  podsOf,
  priorityClassNames,
  runtimeClassNames,
  unitePodTemplates,
  type KnownOfRun,
} from "./pod-templates";
import { isMet } from "./templates/node-label";

/** Of a pipeline that is not known, so that any task may be there. */
const spec = (common: PodTemplate, ...special: PodTemplate[]): PipelineRunSpec => ({
  taskRunTemplate: { podTemplate: common },
  taskRunSpecs: special.map((podTemplate, index) => ({ pipelineTaskName: `t${index}`, podTemplate })),
});
/** Of a run with a task for each template, and none else. */
function uniteOf(templates: object[], more: Partial<KnownOfRun> = {}) {
  const tasks = templates.map((_, index) => ({ name: `t${index}`, taskSpec: aTask({}) }));
  const taskRunSpecs = templates.map((podTemplate, index) => ({
    pipelineTaskName: `t${index}`,
    podTemplate,
  }));
  const run = runOf({ tasks }, { taskRunSpecs });
  return unitePodTemplates(run.spec, () => 0, { pods: podsOf(run, known()), ...more });
}
const unite = (common: PodTemplate, ...special: PodTemplate[]) =>
  unitePodTemplates(spec(common, ...special), () => 0);
type Expression = { key: string; operator: string; values?: string[] };
const expression = (key: string, operator: string, ...values: string[]): Expression => ({
  key,
  operator,
  ...(values.length > 0 && { values }),
});
const requiring = (terms: Expression[][]): V1Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: terms.map(matchExpressions => ({ matchExpressions })),
    },
  },
});
const onNodes = (...terms: string[][]): V1Affinity =>
  requiring(terms.map(values => [expression("pool", "In", ...values)]));

test("a run without templates demands nothing", () => {
  const { template, contradictions } = unitePodTemplates(undefined, () => 0);
  expect(contradictions).toEqual([]);
  expect(template).toMatchObject({ nodeSelector: {}, tolerations: [], imagePullSecrets: [] });
});

test("a custom task makes no pod, and its template counts for none", () => {
  const custom = { name: "approve", taskRef: { apiVersion: "example.dev/v1", kind: "Approval" } };
  const tasks = [custom, { name: "build", taskSpec: aTask({}) }];
  const taskRunSpecs = [{ pipelineTaskName: "approve", podTemplate: { nodeSelector: { a: "1" } } }];
  const run = runOf({ tasks } as Parameters<typeof runOf>[0], { taskRunSpecs });
  const { tasks: pods } = podsOf(run, known());
  expect(pods.map(({ name }) => name)).toEqual(["build"]);
  expect(effectiveTemplates(run.spec, { pods: podsOf(run, known()) })).toEqual([{}]);
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
    expect(contradictions).toEqual(["pool=a (nodeSelector of other tasks) and pool=b (nodeSelector of t0)"]);
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
    const both = terms({ affinity: onNodes(["a"], ["b"]) }, { affinity: onNodes(["a", "b", "c"]) });
    expect(both?.map(term => term.matchExpressions?.map(({ values }) => values))).toEqual([
      [["a"], ["a", "b", "c"]],
      [["b"], ["a", "b", "c"]],
    ]);
  });
  test("lose the ways that no node can go", () => {
    const both = terms({ affinity: onNodes(["a"], ["b"]) }, { affinity: onNodes(["b"], ["c"]) });
    expect(both?.map(term => term.matchExpressions?.map(({ values }) => values))).toEqual([[["b"]]]);
  });
  test("that are the same are taken once", () => {
    const one = { affinity: onNodes(["a"]) };
    expect(terms(one, { ...one, schedulerName: "" })).toHaveLength(1);
  });
  test("that combine in too many ways are told, not multiplied out", () => {
    const many = (key: string) => ({
      affinity: requiring(Array.from({ length: 11 }, (_, index) => [expression(key, "In", `${index}`)])),
    });
    expect(unite(many("a"), many("b")).contradictions[0]).toContain("121 ways");
    const tooMany = (key: string) => ({
      affinity: requiring(Array.from({ length: 101 }, (_, index) => [expression(key, "In", `${index}`)])),
    });
    expect(unite(tooMany("a"), tooMany("b")).contradictions[0]).toContain("10201 ways");
    expect(unite(tooMany("a")).contradictions).toEqual([]);
  });
  test("that have no terms are left to Kubernetes to refuse", () => {
    const required = {} as { nodeSelectorTerms: V1NodeSelectorTerm[] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    const { template, contradictions, notes } = unite({ affinity });
    expect(template.affinity?.nodeAffinity).toEqual({});
    expect(contradictions).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/^Kubernetes will refuse pods of the run: required nodeAffinity/),
    ]);
  });
});

describe("what no node can meet is told, with the fields", () => {
  const arch = (operator: string, ...values: string[]) => ({
    affinity: requiring([[expression("arch", operator, ...values)]]),
  });
  test.each([
    {
      name: "two selectors",
      templates: [{ nodeSelector: { arch: "a" } }, { nodeSelector: { arch: "b" } }],
      expected: "arch=a (nodeSelector of t0) and arch=b (nodeSelector of t1)",
    },
    {
      name: "two affinities",
      templates: [arch("In", "a"), arch("In", "b")],
      expected: "arch=a (nodeAffinity of t0) and arch=b (nodeAffinity of t1)",
    },
    {
      name: "a selector and an affinity",
      templates: [{ nodeSelector: { arch: "a" } }, arch("NotIn", "a")],
      expected: "arch=a (nodeSelector of t0) and arch not in (a) (nodeAffinity of t1)",
    },
    {
      name: "an affinity and a selector",
      templates: [arch("DoesNotExist"), { nodeSelector: { arch: "a" } }],
      expected: "arch=a (nodeSelector of t1) and arch does not exist (nodeAffinity of t0)",
    },
    {
      name: "there and not there",
      templates: [arch("Exists"), arch("DoesNotExist")],
      expected: "arch exists (nodeAffinity of t0) and arch does not exist (nodeAffinity of t1)",
    },
    {
      name: "numbers",
      templates: [arch("Gt", "4"), arch("Lt", "5")],
      expected: "arch > (4) (nodeAffinity of t0) and arch < (5) (nodeAffinity of t1)",
    },
    {
      name: "one template alone",
      templates: [{ nodeSelector: { arch: "a" }, ...arch("In", "b") }],
      expected: "arch=a (nodeSelector of t0) and arch=b (nodeAffinity of t0)",
    },
    {
      name: "three, of which two are enough",
      templates: [arch("In", "a", "b"), arch("Exists"), arch("In", "c")],
      expected: "arch in (a, b) (nodeAffinity of t0) and arch=c (nodeAffinity of t2)",
    },
    {
      name: "three together",
      templates: [arch("In", "a", "b"), arch("NotIn", "a"), arch("NotIn", "b")],
      expected:
        "arch in (a, b) (nodeAffinity of t0) and arch not in (a) (nodeAffinity of t1) and arch not in (b) (nodeAffinity of t2)",
    },
  ])("$name", ({ templates, expected }) => {
    expect(uniteOf(templates).contradictions).toEqual([expected]);
  });

  test.each([
    { name: "what may be met", templates: [arch("In", "a", "b"), arch("NotIn", "a")] },
    { name: "other labels", templates: [{ nodeSelector: { arch: "a" } }, { nodeSelector: { disk: "a" } }] },
    {
      name: "one of two ways",
      templates: [{ affinity: onNodes(["a"], ["b"]) }, { nodeSelector: { pool: "b" } }],
    },
  ])("$name is not", ({ templates }) => {
    expect(uniteOf(templates).contradictions).toEqual([]);
  });
});

describe("a node suits the placeholder exactly when it suits every pod", () => {
  type Node = Record<string, string | undefined>;
  const key = fc.constantFrom("pool", "disk");
  const value = fc.constantFrom("1", "2", "c");
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 2 });
  const aDemand = fc.oneof(
    fc.record({ key, operator: fc.constantFrom("In", "NotIn"), values }),
    fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
    fc.record({
      key,
      operator: fc.constantFrom("Gt", "Lt"),
      values: fc.constantFrom("1", "2").map(limit => [limit]),
    }),
  );
  const node: fc.Arbitrary<Node> = fc.record({
    pool: fc.option(value, { nil: undefined }),
    disk: fc.option(value, { nil: undefined }),
  });
  /** As in Kubernetes: the selector and one term have to match, and a term without expressions matches nothing. */
  const suits = ({ nodeSelector = {}, affinity }: PodTemplate, labels: Node): boolean => {
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const isMatched = ({ matchExpressions = [] }: V1NodeSelectorTerm) =>
      matchExpressions.length > 0 &&
      matchExpressions.every(({ key, operator, values = [] }) =>
        isMet({ key, operator, values: new Set(values), isField: false, origin: "" }, labels[key]),
      );
    return (
      Object.entries(nodeSelector).every(([label, wanted]) => labels[label] === wanted) &&
      (required === undefined || required.nodeSelectorTerms.some(isMatched))
    );
  };
  const check = (fewestExpressions: number) => {
    const term = fc.array(aDemand, { minLength: fewestExpressions, maxLength: 2 });
    const terms = fc.option(fc.array(term, { minLength: 1, maxLength: 3 }), { nil: undefined });
    const template = fc
      .record({ nodeSelector: fc.dictionary(key, value, { maxKeys: 1 }), terms })
      .map(({ nodeSelector, terms: ways }) => ({ nodeSelector, ...(ways && { affinity: requiring(ways) }) }));
    const property = fc.property(
      fc.array(template, { minLength: 1, maxLength: 3 }),
      node,
      (templates, labels) => {
        const { template: united, contradictions } = uniteOf(templates);
        const suitsAll = templates.every(one => suits(one as PodTemplate, labels));
        expect(contradictions.length === 0 && suits(united, labels)).toBe(suitsAll);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 500 });
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

describe("schedulers", () => {
  test("of two names in one run are told", () => {
    expect(uniteOf([{}, { schedulerName: "other" }]).contradictions).toEqual([
      "the pod templates name different values of schedulerName: default-scheduler (t0), other (t1)",
    ]);
  });
  test("by its name the default one is the default one", () => {
    const { template, contradictions } = uniteOf([{}, { schedulerName: "default-scheduler" }]);
    expect({ name: template.schedulerName, contradictions }).toEqual({ name: undefined, contradictions: [] });
  });
});

test("in other words, tolerations are the same", () => {
  const { template } = uniteOf([
    { tolerations: [{ operator: "Exists" }] },
    { tolerations: [{ key: "dedicated", operator: "Equal", value: "ci", effect: "NoSchedule" }] },
    {
      tolerations: [
        { key: "dedicated", value: "ci" },
        { key: "spot", operator: "Exists", effect: "NoSchedule" },
      ],
    },
  ]);
  expect(template.tolerations).toEqual([
    { key: "dedicated", operator: "Equal", value: "ci", effect: "NoSchedule" },
  ]);
});

test("null in one task's template leaves the run's: all pods have the toleration", () => {
  const run = runOf(
    { tasks: ["nulls", "empties", "empty"].map(name => ({ name, taskSpec: aTask({}) })) },
    {
      taskRunTemplate: {
        podTemplate: { tolerations: [{ key: "ci", operator: "Exists" }], affinity: onNodes(["a"]) },
      },
      taskRunSpecs: [
        {
          pipelineTaskName: "nulls",
          podTemplate: { tolerations: null, affinity: null, priorityClassName: null },
        },
        { pipelineTaskName: "empties", podTemplate: { tolerations: [], affinity: {} } },
        { pipelineTaskName: "empty", podTemplate: {} },
      ],
    },
  );
  const { template } = unitePodTemplates(run.spec, () => 0);
  expect(template.tolerations).toEqual([{ key: "ci", operator: "Exists" }]);
  expect(template.affinity?.nodeAffinity).toEqual(onNodes(["a"]).nodeAffinity);
});

describe("a matrix over a node selector", () => {
  const run = (podTemplate: PodTemplate) =>
    runOf(
      {
        tasks: [
          {
            name: "build",
            taskSpec: aTask({}),
            matrix: { params: [{ name: "arch", value: ["amd64", "arm64"] }] },
          },
        ],
      },
      { taskRunSpecs: [{ pipelineTaskName: "build", podTemplate }] },
    );
  const byArch = run({ nodeSelector: { arch: "$(params.arch)" } });

  test("is a contradiction on one node", () => {
    expect(unitePodTemplates(byArch.spec, () => 0).contradictions).toEqual([
      "arch=amd64 (nodeSelector of build) and arch=arm64 (nodeSelector of build)",
    ]);
  });
  test("can be met in a zone, and the placeholder takes one of them", () => {
    const metadata = { annotations: { "pod-affinity.tekton.dev/topology-key": "zone" } };
    const { template, contradictions, notes } = unitePodTemplates(byArch.spec, () => 0, { metadata });
    expect(contradictions).toEqual([]);
    expect(template.nodeSelector).toEqual({ arch: "amd64" });
    expect(notes).toEqual([expect.stringMatching(/nodes of different kinds.*arch=amd64.*arch=arm64/)]);
  });
  test("of zones cannot be met in one", () => {
    const metadata = { annotations: { "pod-affinity.tekton.dev/topology-key": "zone" } };
    const byZone = run({ nodeSelector: { zone: "$(params.arch)" } });
    expect(unitePodTemplates(byZone.spec, () => 0, { metadata }).contradictions).toHaveLength(1);
  });
});

test("what is not known in advance is left out and noted, and what is refused", () => {
  const run = runOf(
    {
      tasks: [
        { name: "read", taskSpec: aTask({}) },
        { name: "unread", taskRef: { name: "t" } },
      ],
    },
    { taskRunTemplate: { podTemplate: { nodeSelector: { disk: "$(params.disk)", os: "linux" } } } },
  );
  const { template, notes } = unitePodTemplates(run.spec, () => 0);
  expect(template.nodeSelector).toEqual({ os: "linux" });
  expect(notes).toEqual([
    "Not known in advance, and not looked at when a node is chosen: nodeSelector disk=$(params.disk) (unread).",
    "Kubernetes will refuse pods of the run: nodeSelector disk=$(params.disk) (read).",
  ]);
});

test("a pod that will be refused keeps the others from no node", () => {
  const toleration = { key: "dedicated", operator: "Exists" };
  const refused = { nodeSelector: { disk: "no such", pool: "b" }, schedulerName: "other" };
  const { template, contradictions, notes } = uniteOf([
    { nodeSelector: { pool: "a" }, tolerations: [toleration] },
    refused,
  ]);
  expect({ contradictions, template }).toMatchObject({
    contradictions: [],
    template: { nodeSelector: { pool: "a" }, tolerations: [toleration] },
  });
  expect(notes).toEqual(["Kubernetes will refuse pods of the run: nodeSelector disk=no such (t1)."]);
  // Of nothing but such pods, what can be taken over is.
  expect(uniteOf([refused]).template.nodeSelector).toEqual({ pool: "b" });
});

describe("RuntimeClasses", () => {
  const runtimeClasses = new Map([
    ["sandboxed", { handler: "h", scheduling: { nodeSelector: { sandbox: "yes" } } }],
  ]);
  const sandboxed = { runtimeClassName: "sandboxed" };
  test("of one task: the placeholder goes where that can go, and is not of the class", () => {
    const { template, notes } = uniteOf([{}, sandboxed], { runtimeClasses });
    expect(template.nodeSelector).toEqual({ sandbox: "yes" });
    expect(template).not.toHaveProperty("runtimeClassName");
    expect(notes).toEqual([]);
  });
  test("of all tasks: the placeholder is of the class as well", () => {
    expect(uniteOf([sandboxed, sandboxed], { runtimeClasses }).template.runtimeClassName).toBe("sandboxed");
  });
  test("that exclude each other are told", () => {
    const { contradictions } = uniteOf([{ nodeSelector: { sandbox: "no" } }, sandboxed], { runtimeClasses });
    expect(contradictions).toEqual(["sandbox=no (nodeSelector of t0) and sandbox=yes (nodeSelector of t1)"]);
  });
  test("that nobody has read are named", () => {
    expect(uniteOf([{}, sandboxed]).notes).toEqual([
      "Which nodes these RuntimeClasses demand is not known: sandboxed.",
    ]);
    expect(runtimeClassNames(spec({}, sandboxed))).toEqual(["sandboxed"]);
  });
});

describe("pods of the run itself", () => {
  const apart = (labelSelector: V1LabelSelector): PodTemplate => ({
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector }],
      },
    },
  });
  const metadata = { name: "build", namespace: "ci", labels: {} };
  test("that cannot be beside its placeholder are told", () => {
    const selector = { matchLabels: { "tekton.dev/pipelineRun": "build" } };
    expect(uniteOf([apart(selector)], { metadata }).contradictions).toEqual([
      expect.stringMatching(/^the required podAntiAffinity of t0 .*matches the run's own placeholder/),
    ]);
  });
  test("that repel each other are not repelled by the placeholder: they run one at a time", () => {
    const labelSelector = { matchLabels: { "app.kubernetes.io/managed-by": "tekton-pipelines" } };
    const united = uniteOf([apart(labelSelector)], { metadata });
    const { template, contradictions } = united;
    expect(contradictions).toEqual([]);
    // Labelled like them, it would repel them.
    expect(united.speaksOfTektonsPods).toBe(true);
    expect(uniteOf([{}], { metadata }).speaksOfTektonsPods).toBe(false);
    expect(template.affinity?.podAntiAffinity).toEqual({
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { topologyKey: "zone", labelSelector } },
      ],
    });
  });
  test("that want to be together are so: the placeholder does not wait for one", () => {
    const term = { topologyKey: "zone", labelSelector: { matchLabels: { "tekton.dev/pipelineTask": "t0" } } };
    const near = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
    const { template, contradictions } = uniteOf([{}, near], { metadata });
    expect({ podAffinity: template.affinity?.podAffinity, contradictions }).toEqual({
      podAffinity: {},
      contradictions: [],
    });
  });
});

test("templates that are too large to be compared are told, and cost no time", () => {
  const taskRunSpecs = Array.from({ length: 300 }, (_item, task) => ({
    pipelineTaskName: `task-${task}`,
    podTemplate: {
      nodeSelector: Object.fromEntries(Array.from({ length: 100 }, (_key, key) => [`key-${key}`, "value"])),
    },
  }));
  const { contradictions } = unitePodTemplates({ taskRunSpecs }, () => 0);
  expect(contradictions).toEqual([expect.stringContaining("at most 32768 are compared")]);
});
