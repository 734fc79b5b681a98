/** `npx pepr deploy`, with what Pepr itself makes of the module. */
import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { addNode } from "../../testbed/nodes";
import { until } from "../../testbed/until";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

const CHECKOUT = join(__dirname, "..", "..");
const SOURCES = [
  "scripts",
  "capabilities",
  "pepr.ts",
  "package.json",
  "tsconfig.json",
  "eslint.config.mjs",
  ".prettierrc",
];
const NAMESPACE = "pepr-system";
const NAME = "pepr-pipelinerun-pod-affinity";

/** A copy: it builds into dist/, and what Pepr makes holds a private key. */
async function deploy(kubeconfigFile: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "pepr-deploy-"));
  try {
    for (const source of SOURCES) {
      await cp(join(CHECKOUT, source), join(directory, source), { recursive: true });
    }
    await symlink(join(CHECKOUT, "node_modules"), join(directory, "node_modules"));
    await promisify(execFile)("npx", ["pepr", "deploy", "--yes"], {
      cwd: directory,
      env: { ...process.env, KUBECONFIG: kubeconfigFile },
      timeout: 2 * RUN_MILLISECONDS,
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

export function deployment(operated: () => OperatedCluster): void {
  test(
    "npx pepr deploy makes its Deployments and they become ready, one controller among them",
    async () => {
      const { clients, kubeconfigFile } = operated().cluster;
      // Fake pods: what is shown is that everything is taken, not that it serves.
      await addNode(clients, { name: "for-pepr" });
      await deploy(kubeconfigFile);
      await until("its Deployments to be ready", RUN_MILLISECONDS, async () => {
        const { items } = await clients.apps.listNamespacedDeployment({ namespace: NAMESPACE });
        const replicas = items.map(({ metadata, status }) => [metadata!.name, status?.readyReplicas]);
        return (
          JSON.stringify(replicas.sort()) ===
          JSON.stringify([
            [NAME, 2],
            [`${NAME}-watcher`, 1],
          ])
        );
      });
      const { webhooks = [] } = await clients.admission.readMutatingWebhookConfiguration({ name: NAME });
      expect(webhooks).toHaveLength(1);
      // Not the chart's: every pod of the cluster depends on it. Other tests are not to.
      await clients.admission.deleteMutatingWebhookConfiguration({ name: NAME });
      await clients.admission.deleteValidatingWebhookConfiguration({ name: NAME });
    },
    4 * RUN_MILLISECONDS,
  );
}
