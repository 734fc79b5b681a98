import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { aRun, placeholderOf, placeholderPodOf, runPod, type RunBuilder } from "../testing/builders";
import { emptyStore, KEY, stored } from "../testing/stored";

const NODE = "node-1";
const OTHER = { namespace: "ci", name: "other" };

interface Given {
  /** The run that has pods on the node. */
  build?: RunBuilder;
  /** The one whose placeholder is there. */
  other?: RunBuilder;
  pod?: V1Pod;
  /** Where the placeholder of the first run is. */
  placeholder?: string | undefined;
  areNodesKnown?: boolean;
}

const onNode = (phase: string): V1Pod => {
  const pod = runPod(phase);
  return { ...pod, spec: { ...pod.spec!, nodeName: NODE } };
};

function storeOf(given: Given) {
  const { build = aRun().placed(), other = aRun().held(), areNodesKnown = true } = given;
  const { store } = emptyStore();
  other.run.metadata!.name = "other";
  store.runs.event("ADDED", stored(build.run, 1));
  store.statefulSet("ADDED", stored(placeholderOf(build.run), 2));
  store.runs.event("ADDED", stored(other.run, 3, "uid-of-other"));
  store.statefulSet("ADDED", stored(placeholderOf(other.run), 4, "uid-of-its-set"));
  if (areNodesKnown) {
    store.nodes.sink.begin();
    store.nodes.sink.event("ADDED", { metadata: { name: NODE } });
    store.nodes.sink.synced();
  }
  store.pods.event("ADDED", stored(given.pod ?? onNode("Running"), 5));
  if (given.placeholder !== undefined)
    store.pods.event("ADDED", stored(placeholderPodOf(build.run, given.placeholder), 6));
  store.pods.event("ADDED", stored(placeholderPodOf(other.run, NODE), 7, "uid-of-its-placeholder"));
  return store;
}
const saidOf = (given: Given) => storeOf(given).lookUp(OTHER).observed.nodeStates?.get(NODE)?.isOfRun;

const choice = (run: RunBuilder, key: string, value: string) =>
  run.annotation(`pod-affinity.tekton.dev/${key}`, value);
const shared = (run: RunBuilder) => choice(run, "isolation", "none");

test.each<{ what: string; given: Given; isOf: string | undefined }>([
  { what: "whose run has lost its placeholder", given: {}, isOf: "build" },
  { what: "whose run has it there", given: { placeholder: NODE }, isOf: undefined },
  { what: "that has ended", given: { pod: onNode("Succeeded") }, isOf: undefined },
  { what: "that waits", given: { pod: runPod("Pending") }, isOf: undefined },
  { what: "whose run has ended", given: { build: aRun().placed().ended() }, isOf: undefined },
  { what: "whose run is to go", given: { build: aRun().placed().deleting() }, isOf: undefined },
  {
    what: "of a run that may share a node, with one that may not",
    given: { build: shared(aRun().placed()) },
    isOf: "build",
  },
  {
    what: "of a run that may share a node, with another one",
    given: { build: shared(aRun().placed()), other: shared(aRun().held()) },
    isOf: undefined,
  },
  {
    what: "of a run over a zone",
    given: { build: choice(aRun().placed(), "topology-key", "topology.kubernetes.io/zone") },
    isOf: undefined,
  },
  { what: "where nodes are not watched", given: { areNodesKnown: false }, isOf: undefined },
])("a placeholder beside a pod $what", ({ given, isOf }) => {
  expect(saidOf(given)).toBe(isOf);
});

test("the run itself, and one that comes when the pods have gone, are told nothing", () => {
  const store = storeOf({});
  expect(store.lookUp(KEY).observed.nodeStates).toBeUndefined();
  store.pods.event("DELETED", stored(onNode("Running"), 8));
  expect(store.lookUp(OTHER).observed.nodeStates).toBeUndefined();
});

test("a placeholder's pod that is left of a run that is over gives way to nobody", () => {
  const other = aRun().held();
  const store = storeOf({ other });
  const { run } = other.ended();
  store.runs.event("MODIFIED", stored(run, 8, "uid-of-other"));
  store.statefulSet("DELETED", stored(placeholderOf(run), 9, "uid-of-its-set"));
  const { observed } = store.lookUp(OTHER);
  expect(observed.run).toBeUndefined();
  expect(observed.pods).toHaveLength(1);
  expect(observed.nodeStates).toBeUndefined();
});

test("isolation within a namespace is none from the other one's runs", () => {
  const inNamespace = (run: RunBuilder) => choice(run, "isolation-scope", "namespace");
  expect(saidOf({ build: inNamespace(aRun().placed()), other: inNamespace(aRun().held()) })).toBe("build");
});
