import { describe, expect, test } from "@jest/globals";
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { KEY_PREFIX } from "../keys";
import { aRun, SETTINGS } from "../testing/builders";
import { asking, known } from "../testing/definitions";
import { NO_BOUNDS } from "../room/namespace-bounds";
import { toQuantities } from "../demand/resources";
import type { NodeSummary } from "./never-fits";
import { demandOf, namedBy, planOf, type Sources } from "./plan";

const ZONE = "topology.kubernetes.io/zone";
const ARCH = "kubernetes.io/arch";
const DEFINITIONS = known();

const held = (spec: object, choices: Record<string, string> = {}) => {
  const builder = aRun()
    .held()
    .spec({ pipelineSpec: { tasks: [asking("a", "1"), asking("b", "1")] }, ...spec } as object);
  for (const [name, value] of Object.entries(choices)) builder.annotation(KEY_PREFIX + name, value);
  return builder.run;
};
const sources = (more: Partial<Sources> = {}): Sources => ({
  definitions: DEFINITIONS,
  bounds: NO_BOUNDS,
  runtimeClasses: new Map(),
  priorities: new Map(),
  storage: { claims: new Map(), volumes: new Map(), classes: undefined },
  ...more,
});
const plan = (run: ReturnType<typeof held>, more: Partial<Sources> = {}) =>
  planOf(run, namedBy(run, DEFINITIONS), sources(more), SETTINGS);
const templates = (...each: object[]) => ({
  taskRunSpecs: ["a", "b"].map((pipelineTaskName, index) => ({ pipelineTaskName, podTemplate: each[index] })),
});
const node = (name: string, labels: Record<string, string>): NodeSummary => ({
  name,
  labels,
  taints: [],
  allocatable: {},
});

describe("a run over a zone whose pods need nodes of different kinds", () => {
  const run = held(templates({ nodeSelector: { [ARCH]: "amd64" } }, { nodeSelector: { [ARCH]: "arm64" } }), {
    "topology-key": ZONE,
  });
  const zonesOf = ({ placeholder }: ReturnType<typeof plan>) =>
    placeholder.spec!.template.spec!.affinity!.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms[0]?.matchExpressions;
  const amdInA = node("1", { [ZONE]: "a", [ARCH]: "amd64" });
  const both = [node("2", { [ZONE]: "b", [ARCH]: "amd64" }), node("3", { [ZONE]: "b", [ARCH]: "arm64" })];

  test("is planned again with the nodes", () => {
    expect(plan(run)).toMatchObject({ dependsOnNodes: true, contradictions: [] });
    expect(zonesOf(plan(run))).toBeUndefined();
    expect(plan(held({})).dependsOnNodes).toBe(false);
  });
  test("goes where there are nodes of each, and that is said", () => {
    const found = plan(run, { nodes: [amdInA, ...both] });
    expect(zonesOf(found)).toEqual([{ key: ZONE, operator: "In", values: ["b"] }]);
    expect(found.notes.at(-1)).toBe(`It goes where there are nodes of all of these kinds: ${ZONE} b.`);
    expect(found.dependsOnNodes).toBe(false);
  });
  test("goes anywhere where no zone has them now, and that is said", () => {
    const found = plan(run, { nodes: [amdInA] });
    expect(zonesOf(found)).toBeUndefined();
    expect(found.notes.at(-1)).toBe(`No ${ZONE} has nodes of all of these kinds now.`);
  });
});

describe("a run whose pods are spread over zones", () => {
  const constraint = {
    maxSkew: 1,
    topologyKey: ZONE,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchExpressions: [{ key: "tekton.dev/pipelineRun", operator: "Exists" }] },
  };
  const run = held({ taskRunTemplate: { podTemplate: { topologySpreadConstraints: [constraint] } } });
  test.each([
    { name: "not known: it waits until the nodes are", nodes: undefined, waits: true },
    { name: "one zone: it runs", nodes: [node("1", { [ZONE]: "a" })], waits: false },
    { name: "two: never", nodes: [node("1", { [ZONE]: "a" }), node("2", { [ZONE]: "b" })], waits: true },
  ])("of a cluster with $name", ({ nodes, waits }) => {
    const found = plan(run, nodes && { nodes });
    expect(found.contradictions).toHaveLength(waits ? 1 : 0);
    expect(found.dependsOnNodes).toBe(nodes === undefined);
  });
});

describe("quotas count the placeholder by their scopes", () => {
  const quota = (hard: Record<string, string>, spec: object): V1ResourceQuota =>
    ({ metadata: { name: "q" }, spec: { hard, ...spec }, status: { hard } }) as V1ResourceQuota;
  const scope = (scopeName: string, operator = "Exists", values: string[] = []) => ({
    scopeSelector: { matchExpressions: [{ scopeName, operator, values }] },
  });
  const cpu = { "requests.cpu": "1" };
  // Of a class that never preempts a placeholder is, too.
  const priorities = new Map([
    ["gold", { value: 9, isPatient: true }],
    ["low", { value: 3, isPatient: false }],
  ]);
  test.each([
    { name: "all pods", spec: {}, template: {}, expected: "1" },
    { name: "pods that do not end", spec: { scopes: ["NotTerminating"] }, template: {}, expected: "1" },
    { name: "pods that end", spec: { scopes: ["Terminating"] }, template: {}, expected: "2" },
    {
      name: "its class",
      spec: scope("PriorityClass", "In", ["gold"]),
      template: { priorityClassName: "gold" },
      expected: "1",
    },
    {
      name: "another class",
      spec: scope("PriorityClass", "In", ["gold"]),
      template: { priorityClassName: "low" },
      expected: "2",
    },
    {
      name: "the operator's own class, which its pods' class is not",
      spec: scope("PriorityClass", "In", ["pipelinerun-pod-affinity-3"]),
      template: { priorityClassName: "low" },
      expected: "1",
    },
    {
      name: "pods that look at other namespaces",
      spec: scope("CrossNamespacePodAffinity"),
      template: {},
      expected: "1",
    },
  ])("of $name: it asks for cpu $expected", ({ spec, template, expected }) => {
    const run = held({ taskRunTemplate: { podTemplate: template } });
    const bounds = { limitRanges: [], quotas: [quota(cpu, spec)] };
    const { placeholder } = plan(run, { bounds, priorities });
    expect(placeholder.spec!.template.spec!.containers[0]!.resources!.requests!["cpu"]).toBe(expected);
  });

  test("one that is apart from runs of its own namespace looks at no other", () => {
    const quotas = [quota({ pods: "0" }, scope("CrossNamespacePodAffinity"))];
    const bounds = { limitRanges: [], quotas };
    expect(plan(held({}), { bounds }).refusal).toMatch(/pods=0/);
    expect(plan(held({}, { "isolation-scope": "namespace" }), { bounds }).refusal).toBeUndefined();
  });
});

test("each pod asks for the overhead of its own RuntimeClass, a child's for the run's", () => {
  const child = { name: "in", pipelineSpec: { tasks: [asking("c", "1")] } };
  const run = held({
    pipelineSpec: { tasks: [asking("a", "1"), asking("b", "1"), child] },
    taskRunTemplate: { podTemplate: { runtimeClassName: "kata" } },
    taskRunSpecs: [{ pipelineTaskName: "b", podTemplate: { runtimeClassName: "gvisor" } }],
  });
  const classOf = (podFixed: Record<string, string>) => ({ handler: "h", overhead: { podFixed } });
  const runtimeClasses = new Map([
    ["kata", classOf({ cpu: "250m" })],
    ["gvisor", classOf({ memory: "1Ki" })],
  ]);
  const named = { ...namedBy(run, DEFINITIONS).known, runtimeClasses };
  const { tasks } = demandOf(run, named, DEFINITIONS, SETTINGS);
  const each = tasks.filter(({ count }) => count > 0).map(task => [task.name, toQuantities(task.each)]);
  expect(Object.fromEntries(each)).toEqual({
    a: { cpu: "1250m" },
    b: { cpu: "1", memory: "1Ki" },
    "in/c": { cpu: "1250m" },
  });
});
