/** Somebody who may get and list what `why`, `ls` and `map` read, and nothing else; and that somebody's command line. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { stringify } from "yaml";
import type { Cluster } from "../../testbed/cluster";
import { readKubeConfig } from "../../testbed/kubeconfig";

const READS = [
  { apiGroups: [""], resources: ["pods", "nodes", "events"], verbs: ["get", "list"] },
  { apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["get", "list"] },
  { apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["get", "list"] },
];
const TOKEN_SECONDS = 3600;

export interface Rights {
  /** Default: all that the commands read. */
  rules?: typeof READS;
  /** In its own namespace alone. Default: in all. */
  isNamespaced?: boolean;
}

/** @returns the path of a kubeconfig of a new account of this name in the namespace */
export async function readerOf(
  cluster: Cluster,
  namespace: string,
  name: string,
  { rules = READS, isNamespaced = false }: Rights = {},
): Promise<string> {
  const { core } = cluster.clients;
  const rbac = readKubeConfig(cluster.kubeconfigFile).makeApiClient(RbacAuthorizationV1Api);
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  await rbac.createClusterRole({ body: { metadata: { name }, rules } });
  const body = {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
  await (isNamespaced
    ? rbac.createNamespacedRoleBinding({ namespace, body })
    : rbac.createClusterRoleBinding({ body }));
  const { status } = await core.createNamespacedServiceAccountToken({
    name,
    namespace,
    body: { spec: { audiences: [], expirationSeconds: TOKEN_SECONDS } },
  });
  const file = join(cluster.directory, `${name}.kubeconfig`);
  await writeFile(file, kubeconfigOf(cluster, namespace, status!.token));
  return file;
}

function kubeconfigOf({ kubeconfigFile }: Cluster, namespace: string, token: string): string {
  const { server, caData } = readKubeConfig(kubeconfigFile).getCurrentCluster()!;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server, "certificate-authority-data": caData } }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace } }],
    "current-context": "x",
  });
}

const COMMAND = join(__dirname, "..", "..", "dist", "cli", "cli.js");
const MOST_MILLISECONDS = 60_000;

/** What the built command prints, in a pipe. */
export async function said(kubeconfig: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    timeout: MOST_MILLISECONDS,
  });
  if (stderr !== "") throw new Error(`${args.join(" ")}: ${stderr}`);
  return stdout;
}
