/** A cluster of people's own that the tests are run on (`E2E_KUBECONFIG`): whatever fails there, it is left as it was. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { KubernetesObjectApi } from "@kubernetes/client-node";
import { startCluster, type Cluster } from "../testbed/cluster";
import { readKubeConfig } from "../testbed/kubeconfig";
import { addNode } from "../testbed/nodes";
import { processesNaming } from "../testbed/process-list";
import { until } from "../testbed/until";
import { OWN_NODES, RUN_MILLISECONDS, START_MILLISECONDS, STOP_MILLISECONDS } from "./operated-cluster";

const NAME = "given-and-failed";

let cluster: Cluster;

/** A suite of which a test fails while one run is under way and another is held. */
const SUITE = `
  const { nap, OperatedCluster, run } = require("./e2e/operated-cluster");
  const { podsOf } = require("./e2e/pods");
  const { until } = require("./testbed/until");
  void (async () => {
    const operated = await OperatedCluster.start("${NAME}", 0);
    try {
      await operated.createNamespace("${NAME}");
      for (const name of ["one", "other"]) await operated.createRun("${NAME}", run(name, [nap("long", 600)]));
      await until("a pod", ${RUN_MILLISECONDS}, async () => podsOf(operated, "${NAME}").length > 0);
      console.log("under way");
      throw new Error("a test fails");
    } finally {
      await operated.stop();
    }
  })();`;

/** By API version. */
const KINDS = {
  v1: ["Namespace", "Node", "Pod", "Service"],
  "apps/v1": ["Deployment", "StatefulSet"],
  "batch/v1": ["Job"],
  "rbac.authorization.k8s.io/v1": ["ClusterRole", "ClusterRoleBinding"],
  "admissionregistration.k8s.io/v1": [
    ...["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy"],
  ],
  "scheduling.k8s.io/v1": ["PriorityClass"],
  "tekton.dev/v1": ["PipelineRun"],
};

/** Names by kind. */
async function whatIsThere(): Promise<Record<string, string[]>> {
  const api = KubernetesObjectApi.makeApiClient(readKubeConfig(cluster.kubeconfigFile));
  const lists = Object.entries(KINDS).flatMap(([apiVersion, kinds]) =>
    kinds.map(async kind => {
      const { items } = await api.list(apiVersion, kind);
      return [kind, items.map(({ metadata }) => metadata!.name!).sort()] as const;
    }),
  );
  return Object.fromEntries(await Promise.all(lists));
}

(OWN_NODES ? describe : describe.skip)("a given cluster", () => {
  beforeAll(async () => {
    cluster = await startCluster({ name: "given" });
    await addNode(cluster.clients, { name: "node-1" });
  }, START_MILLISECONDS);
  afterAll(() => cluster?.stop(), STOP_MILLISECONDS);

  test(
    "is as it was after a suite that failed, and none of its processes goes on",
    async () => {
      const before = await whatIsThere();
      const suite = spawn(process.execPath, ["--import", "tsx", "-e", SUITE], {
        cwd: join(__dirname, ".."),
        env: { ...process.env, E2E_KUBECONFIG: cluster.kubeconfigFile },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const said: string[] = [];
      for (const stream of [suite.stdout, suite.stderr]) stream.on("data", data => said.push(String(data)));
      const [code] = (await once(suite, "close")) as [number];
      const text = said.join("");
      expect(text).toContain("under way");
      expect(text).toContain("a test fails");
      expect(code).toBe(1);
      expect(await whatIsThere()).toEqual(before);
      await until("its processes to be gone", RUN_MILLISECONDS, async () => {
        return (await processesNaming(`testbed-${NAME}-`)).length === 0;
      });
    },
    STOP_MILLISECONDS,
  );
});
