import { expect, test } from "@jest/globals";
import { ApiException, type V1StatefulSet } from "@kubernetes/client-node";
import type { Reservation } from "../room/reservation";
import { aRun, customRunOf, placeholderOf, planned, plannedCustom } from "../testing/builders";
import type { KubeClients } from "./client";
import { Cluster } from "./cluster";

const keeping = (...tasks: Reservation["tasks"]): V1StatefulSet =>
  placeholderOf(aRun().held().run, { ask: {}, floor: {}, firstWave: {}, tasks });
const list = { items: [], metadata: { resourceVersion: "7" } };

/** Notes what is listed of Tekton's objects. */
function clusterWith(statefulSet: V1StatefulSet, customRuns: object): { cluster: Cluster; listed: string[] } {
  const listed: string[] = [];
  const clients = {
    custom: {
      getNamespacedCustomObject: async () => aRun().placed().run,
      listNamespacedCustomObject: async ({ plural }: { plural: string }) => {
        listed.push(plural);
        if (plural !== "customruns") return list;
        if (customRuns instanceof Error) throw customRuns;
        return customRuns;
      },
    },
    apps: { readNamespacedStatefulSet: async () => statefulSet },
    core: { listNamespacedPod: async () => list },
  };
  return { cluster: new Cluster(clients as object as KubeClients, "tekton-pipelines"), listed };
}

const withOne = { items: [customRunOf("ask")], metadata: { resourceVersion: "9" } };
const withoutKind = new ApiException(404, "", "{}", {});

test.each([
  {
    name: "not of a run without custom tasks",
    tasks: [planned("a", {})],
    answer: withOne,
    reads: false,
    found: 0,
    version: 0,
  },
  {
    name: "of a run with custom tasks",
    tasks: [plannedCustom("ask")],
    answer: withOne,
    reads: true,
    found: 1,
    version: 9,
  },
  {
    name: "in vain where their kind is not there",
    tasks: [plannedCustom("ask")],
    answer: withoutKind,
    reads: true,
    found: 0,
    version: 0,
  },
])("CustomRuns are read $name", async ({ tasks, answer, reads, found, version }) => {
  const { cluster, listed } = clusterWith(keeping(...tasks), answer);
  const fresh = await cluster.readAll({ namespace: "ci", name: "build" });
  expect(listed.includes("customruns")).toBe(reads);
  expect(fresh.customRuns).toHaveLength(found);
  expect(fresh.customRunsVersion).toBe(version);
});

/** As the API server answers for kinds of which there are none. */
const emptyMetadata = async () => ({ kind: "PartialObjectMetadataList", items: null });

test("lists of metadata that are empty have nothing", async () => {
  const clients = {
    apps: { listStatefulSetForAllNamespaces: emptyMetadata },
    core: { listPodForAllNamespaces: emptyMetadata },
  };
  const cluster = new Cluster(clients as object as KubeClients, "tekton-pipelines");
  const seen: object[] = [];
  for (const kind of ["statefulsets", "pods"] as const)
    await cluster.eachName(kind, { labelSelector: "a" }, object => seen.push(object));
  expect(seen).toEqual([]);
  expect(await cluster.surroundings.countPodsOn("node-1")).toBe(0);
});
