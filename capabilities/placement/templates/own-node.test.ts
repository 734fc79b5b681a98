import { describe, expect, test } from "@jest/globals";
import type {
  V1LabelSelector,
  V1NodeSelectorTerm,
  V1PodAffinityTerm,
  V1TopologySpreadConstraint,
} from "@kubernetes/client-node";
import type { NodeSummary } from "../never-fits";
import type { PodKind } from "./effective";
import { isAboutOwnRun, meansOwnPods, neverBesidePlaceholder, ownPods } from "./own-node";
import { HOSTNAME_TOPOLOGY } from "../../keys";

const ZONE = "topology.kubernetes.io/zone";
const METADATA = { name: "build", namespace: "ci", labels: { team: "red" } };
const kindOf = (template: PodKind["template"], ...names: string[]): PodKind => ({
  template,
  tasks: names.map(name => ({
    name,
    pipelineTask: name.split("/").at(-1),
    isOfRun: !name.includes("/"),
    labels: { byRun: { entry: name }, byTask: { step: name, team: "blue" } },
  })),
  isRaw: () => false,
});
const having = (key: string): V1LabelSelector => ({ matchExpressions: [{ key, operator: "Exists" }] });
const labelled = (matchLabels: Record<string, string>): V1LabelSelector => ({ matchLabels });
const RUN = "tekton.dev/pipelineRun";
const MANAGED_BY_TEKTON = labelled({ "app.kubernetes.io/managed-by": "tekton-pipelines" });

const ownOf = (kinds: PodKind[], topologyKey = HOSTNAME_TOPOLOGY, nodes?: readonly NodeSummary[]) =>
  ownPods(kinds, METADATA, topologyKey, undefined, nodes);
const term = (labelSelector: V1LabelSelector | undefined, more: Partial<V1PodAffinityTerm> = {}) =>
  ({ topologyKey: HOSTNAME_TOPOLOGY, labelSelector, ...more }) as V1PodAffinityTerm;

describe("required podAntiAffinity", () => {
  const problems = (one: V1PodAffinityTerm, topologyKey?: string) => {
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [one] } };
    const kinds = [kindOf({ affinity }, "unit"), kindOf({}, "lint")];
    return neverBesidePlaceholder(kinds, ownOf(kinds, topologyKey));
  };
  test.each([
    { name: "each pod of a run", one: term(having(RUN)), expected: 1 },
    { name: "pods of this run", one: term(labelled({ [RUN]: "build" })), expected: 1 },
    { name: "all pods", one: term({}), expected: 1 },
    {
      name: "pods that are not of another team",
      one: term({ matchExpressions: [{ key: "team", operator: "NotIn", values: ["blue"] }] }),
      expected: 1,
    },
    // They run one at a time.
    { name: "Tekton's pods, not the placeholder", one: term(MANAGED_BY_TEKTON), expected: 0 },
    { name: "pods of one task", one: term(labelled({ "tekton.dev/pipelineTask": "unit" })), expected: 0 },
    { name: "pods of other runs", one: term(labelled({ [RUN]: "other" })), expected: 0 },
    { name: "noisy pods", one: term(labelled({ noisy: "true" })), expected: 0 },
    { name: "no pods", one: term(undefined), expected: 0 },
    { name: "pods of another namespace", one: term(having(RUN), { namespaces: ["other"] }), expected: 0 },
    { name: "pods of this namespace", one: term(having(RUN), { namespaces: ["ci"] }), expected: 1 },
    { name: "pods of all namespaces", one: term(having(RUN), { namespaceSelector: {} }), expected: 1 },
    {
      name: "pods of some namespaces",
      one: term(having(RUN), { namespaceSelector: labelled({ a: "b" }) }),
      expected: 0,
    },
    { name: "the same run by matchLabelKeys", one: term({}, { matchLabelKeys: [RUN] }), expected: 1 },
    { name: "the same team by matchLabelKeys", one: term({}, { matchLabelKeys: ["team"] }), expected: 0 },
    { name: "other runs by mismatchLabelKeys", one: term({}, { mismatchLabelKeys: [RUN] }), expected: 0 },
    { name: "each run of the zone", one: term(having(RUN), { topologyKey: ZONE }), expected: 1 },
  ])("to $name: $expected problems", ({ one, expected }) => {
    expect(problems(one)).toHaveLength(expected);
  });

  test("names the field, the task and what to do", () => {
    expect(problems(term(having(RUN)))).toEqual([
      "the required podAntiAffinity of unit (topologyKey kubernetes.io/hostname) matches the run's own placeholder, " +
        "beside which its pods have to be: let its labelSelector leave out app.kubernetes.io/component=placeholder",
    ]);
  });
  test("of nodes can be met in a zone, of zones cannot", () => {
    expect(problems(term(having(RUN)), ZONE)).toEqual([]);
    expect(problems(term(having(RUN), { topologyKey: ZONE }), ZONE)).toHaveLength(1);
  });
});

describe("topologySpreadConstraints", () => {
  const spread = (more: Partial<V1TopologySpreadConstraint> = {}): V1TopologySpreadConstraint => ({
    maxSkew: 1,
    topologyKey: HOSTNAME_TOPOLOGY,
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: having(RUN),
    ...more,
  });
  const problems = (
    one: V1TopologySpreadConstraint,
    template: PodKind["template"] = {},
    topologyKey?: string,
    nodes?: readonly NodeSummary[],
  ) => {
    const kinds = [kindOf({ topologySpreadConstraints: [one], ...template }, "unit", "lint")];
    return neverBesidePlaceholder(kinds, ownOf(kinds, topologyKey, nodes));
  };
  test.each([
    { name: "over each pod of a run", one: spread(), expected: 1 },
    { name: "over this run", one: spread({ labelSelector: labelled({ [RUN]: "build" }) }), expected: 1 },
    {
      name: "over all pods of the same run",
      one: spread({ labelSelector: {}, matchLabelKeys: [RUN] }),
      expected: 1,
    },
    { name: "over zones", one: spread({ topologyKey: ZONE }), expected: 1 },
    { name: "if possible", one: spread({ whenUnsatisfiable: "ScheduleAnyway" }), expected: 0 },
    // One pod at a time, beside the placeholder or without it.
    { name: "with a skew of 2", one: spread({ maxSkew: 2 }), expected: 0 },
    { name: "over Tekton's pods", one: spread({ labelSelector: MANAGED_BY_TEKTON }), expected: 0 },
    {
      name: "over one task",
      one: spread({ labelSelector: labelled({ "tekton.dev/pipelineTask": "unit" }) }),
      expected: 0,
    },
    {
      name: "over pods that it is not one of",
      one: spread({ labelSelector: labelled({ "app.kubernetes.io/component": "placeholder" }) }),
      expected: 0,
    },
    {
      name: "over nothing",
      one: { ...spread(), labelSelector: undefined } as V1TopologySpreadConstraint,
      expected: 0,
    },
  ])("$name: $expected problems", ({ one, expected }) => {
    expect(problems(one)).toHaveLength(expected);
  });

  test("name the field, the tasks and what to do", () => {
    expect(problems(spread())).toEqual([
      "topologySpreadConstraints of unit, lint (topologyKey kubernetes.io/hostname, maxSkew 1, DoNotSchedule) spreads " +
        "its pods over nodes, and counts the run's own placeholder, beside which they have to be: set " +
        "whenUnsatisfiable to ScheduleAnyway, or let its labelSelector leave out app.kubernetes.io/component=placeholder",
    ]);
  });
  const inTerms = (...nodeSelectorTerms: V1NodeSelectorTerm[]): PodKind["template"] => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const zoneIn = (...values: string[]): V1NodeSelectorTerm => ({
    matchExpressions: [{ key: ZONE, operator: "In", values }],
  });
  const overZones = spread({ topologyKey: ZONE });
  test.each([
    { name: "a selector", one: overZones, template: { nodeSelector: { [ZONE]: "a" } }, expected: 0 },
    { name: "each of its terms", one: overZones, template: inTerms(zoneIn("a"), zoneIn("a")), expected: 0 },
    {
      name: "not its terms together",
      one: overZones,
      template: inTerms(zoneIn("a"), zoneIn("b")),
      expected: 1,
    },
    { name: "not a term of two values", one: overZones, template: inTerms(zoneIn("a", "b")), expected: 1 },
    {
      name: "the name of a node",
      one: spread(),
      template: inTerms({ matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] }),
      expected: 0,
    },
    {
      name: "not where all nodes are counted",
      one: { ...overZones, nodeAffinityPolicy: "Ignore" },
      template: inTerms(zoneIn("a")),
      expected: 1,
    },
  ])(
    "have nothing to spread over where the pod may use one value only: $name",
    ({ one, template, expected }) => {
      expect(problems(one, template)).toHaveLength(expected);
    },
  );

  const nodeIn = (zone: string | undefined, pool = "x"): NodeSummary => ({
    name: `${zone}-${pool}`,
    labels: { pool, ...(zone !== undefined && { [ZONE]: zone }) },
    taints: [],
    allocatable: {},
  });
  test.each([
    { name: "one zone", nodes: [nodeIn("a"), nodeIn("a", "y"), nodeIn(undefined)], expected: 0 },
    { name: "two zones", nodes: [nodeIn("a"), nodeIn("b")], expected: 1 },
    { name: "two zones, one for its pods", nodes: [nodeIn("a"), nodeIn("b", "y")], expected: 0 },
    { name: "no zones", nodes: [nodeIn(undefined)], expected: 1 },
  ])("over the zones of a cluster that has $name: $expected problems", ({ nodes, expected }) => {
    expect(problems(overZones, { nodeSelector: { pool: "x" } }, undefined, nodes)).toHaveLength(expected);
  });
  test("over the one zone of a cluster, and at least two", () => {
    expect(problems({ ...overZones, minDomains: 2 }, {}, undefined, [nodeIn("a")])).toHaveLength(1);
  });
  test("over the one node of a cluster, which may get more", () => {
    const node = { ...nodeIn("a"), labels: { [HOSTNAME_TOPOLOGY]: "n" } };
    expect(problems(spread(), {}, undefined, [node])).toHaveLength(1);
  });
  test("over nodes can be met in a zone", () => {
    expect(problems(spread(), {}, ZONE)).toEqual([]);
  });
});

describe("a term that is about the run's own pods", () => {
  const own = ownOf([kindOf({}, "fetch", "child/test")]);
  test.each([
    {
      name: "of a task",
      one: term(labelled({ "tekton.dev/pipelineTask": "fetch" })),
      means: true,
      isAbout: true,
    },
    {
      name: "of a task of a child",
      one: term(labelled({ "tekton.dev/pipelineTask": "test" })),
      means: true,
      isAbout: true,
    },
    { name: "of a child run", one: term(labelled({ [RUN]: "build-child" })), means: true, isAbout: true },
    { name: "of Tekton", one: term(MANAGED_BY_TEKTON), means: true, isAbout: true },
    {
      name: "of another task",
      one: term(labelled({ "tekton.dev/pipelineTask": "other" })),
      means: false,
      isAbout: false,
    },
    // An application's pod may have the label as well.
    { name: "with a label of the user's", one: term(labelled({ team: "red" })), means: true, isAbout: false },
    {
      name: "with a label of the task's",
      one: term(labelled({ step: "fetch" })),
      means: true,
      isAbout: false,
    },
    {
      name: "with a label of its entry in taskRunSpecs",
      one: term(labelled({ entry: "fetch" })),
      means: true,
      isAbout: false,
    },
    {
      name: "with a label of the task's that the run has itself",
      one: term(labelled({ team: "blue" })),
      means: false,
      isAbout: false,
    },
    { name: "of an application", one: term(labelled({ app: "cache" })), means: false, isAbout: false },
  ])("pods $name", ({ one, means, isAbout }) => {
    expect(meansOwnPods(one, own)).toBe(means);
    expect(isAboutOwnRun(one, own)).toBe(isAbout);
  });
});

test("of a run without a name, what it will be is not guessed", () => {
  const problems = (selector: V1LabelSelector) => {
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term(selector)] };
    const kinds = [kindOf({ affinity: { podAntiAffinity } }, "unit")];
    return neverBesidePlaceholder(kinds, ownPods(kinds, undefined, HOSTNAME_TOPOLOGY));
  };
  expect(problems(labelled({ [RUN]: "build" }))).toEqual([]);
  expect(problems(having(RUN))).toHaveLength(1);
});
