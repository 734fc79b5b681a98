/** Runs the operator as it is built: two processes, each with the ServiceAccount of the built manifest. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubeConfig, type KubernetesObject } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { FEATURE_FLAGS } from "../capabilities/keys";
import packageJson from "../package.json";
import type { Cluster } from "./cluster";
import { clusterFiles } from "./control-plane";
import { ifFound } from "./if-found";
import { untilReady, type ManagedProcess } from "./managed-process";
import { applyDefinitions, applyObjects, deleteObjects, parseObjects } from "./manifests";
import { freePorts } from "./ports";
import { answers } from "./probe";
import { until } from "./until";
import { webhooksFor, type WebhookConfiguration } from "./webhooks";

const { uuid } = packageJson.pepr;
const DIST = join(__dirname, "..", "dist");
const MODULE = join(DIST, `pepr-${uuid}.js`);
const MANIFEST = join(DIST, `pepr-module-${uuid}.yaml`);
const OPERATOR_NAMESPACE = "pepr-system";
const TEKTON_NAMESPACE = "tekton-pipelines";
const READY_MILLISECONDS = 60_000;
const TOKEN_SECONDS = 24 * 3600;
const ACCESS_KINDS = [
  "Namespace",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
];

export interface Operator {
  admission: ManagedProcess;
  /** The first one. */
  readonly controller: ManagedProcess;
  /** All of them; one acts, the others stand by. */
  controllers: ManagedProcess[];
  /** Starts a controller again, after it was stopped or killed; the first one by default. */
  startController(index?: number): Promise<void>;
  /** Removes the webhooks, ends both processes, and removes accounts and roles. */
  uninstall(): Promise<void>;
}

export interface OperatorOptions {
  /** Environment of both processes: the operator's settings. */
  settings?: Record<string, string>;
  /** How many controllers. Default: 1. */
  controllers?: number;
  /** What the controllers talk to in place of the API server: `https://localhost:port`. */
  controllersServer?: string;
}

/**
 * Installs the built manifest's accounts, roles and webhooks, starts admission and controller, and waits
 * until both serve. `npm run build` must have been run.
 *
 * @throws Error with the end of a process's log when it does not become ready
 */
export async function startOperator(cluster: Cluster, options: OperatorOptions = {}): Promise<Operator> {
  const manifest = parseObjects(await readManifest());
  await installAccess(cluster, manifest);
  const files = clusterFiles(cluster.directory);
  const authority = await readFile(files.authority, "utf8");
  const apiPath = randomBytes(32).toString("hex");
  const [admissionPort, ...controllerPorts] = await freePorts(1 + (options.controllers ?? 1));
  const environment = {
    ...options.settings,
    KUBECONFIG: await operatorKubeconfig(cluster, "admission"),
    SSL_CERT_PATH: files.servingCertificate,
    SSL_KEY_PATH: files.servingKey,
    PEPR_API_PATH: apiPath,
    LOG_LEVEL: process.env.LOG_LEVEL ?? "info",
    NODE_ENV: "production",
  };
  const start = async (name: string, port: number, own: NodeJS.ProcessEnv): Promise<ManagedProcess> => {
    const started = cluster.spawn(name, process.execPath, [MODULE], {
      ...environment,
      ...own,
      PORT: String(port),
    });
    await untilReady(started, READY_MILLISECONDS, () =>
      answers(`https://localhost:${port}/healthz`, authority),
    );
    return started;
  };
  const controllersKubeconfig = await operatorKubeconfig(cluster, "controllers", options.controllersServer);
  const startController = (index: number) =>
    start(index === 0 ? "controller" : `controller-${index + 1}`, controllerPorts[index]!, {
      KUBECONFIG: controllersKubeconfig,
      PEPR_WATCH_MODE: "true",
    });
  const [admission, ...controllers] = await Promise.all([
    start("admission", admissionPort!, { PEPR_WATCH_MODE: "false" }),
    ...controllerPorts.map((_port, index) => startController(index)),
  ]);
  const endpoint = { url: `https://localhost:${admissionPort}`, authority, apiPath };
  const webhooks = manifest.filter(isWebhookConfiguration).map(built => webhooksFor(built, endpoint));
  await applyObjects(cluster.kubeconfigFile, webhooks);
  const operator: Operator = {
    admission,
    controllers,
    get controller() {
      return controllers[0]!;
    },
    startController: async (index = 0) => {
      controllers[index] = await startController(index);
    },
    uninstall: async () => {
      await deleteObjects(cluster.kubeconfigFile, webhooks);
      await Promise.all([admission, ...controllers].map(process => process.stop()));
      await deleteObjects(cluster.kubeconfigFile, accessOf(manifest).toReversed());
      await until(`the namespace ${OPERATOR_NAMESPACE} to go`, READY_MILLISECONDS, async () => {
        const { core } = cluster.clients;
        return (await ifFound(core.readNamespace({ name: OPERATOR_NAMESPACE }))) === undefined;
      });
    },
  };
  return operator;
}

async function readManifest(): Promise<string> {
  try {
    return await readFile(MANIFEST, "utf8");
  } catch (cause) {
    throw new Error("the operator is not built: run `npm run build` first", { cause });
  }
}

function isWebhookConfiguration(object: KubernetesObject): object is WebhookConfiguration {
  return object.kind === "MutatingWebhookConfiguration" || object.kind === "ValidatingWebhookConfiguration";
}

const accessOf = (manifest: KubernetesObject[]): KubernetesObject[] =>
  ACCESS_KINDS.flatMap(kind => manifest.filter(object => object.kind === kind));

/** Accounts, roles and Pepr's own CRD. */
async function installAccess(cluster: Cluster, manifest: KubernetesObject[]): Promise<void> {
  await applyObjects(cluster.kubeconfigFile, accessOf(manifest));
  await applyDefinitions(cluster.kubeconfigFile, join(__dirname, "manifests", "pepr-store.yaml"));
}

/** Switches Tekton's own Affinity Assistant, as an administrator of Tekton would. */
export async function setCoschedule(cluster: Cluster, coschedule: string): Promise<void> {
  const flags = { namespace: TEKTON_NAMESPACE, name: FEATURE_FLAGS };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: flags, data: { coschedule } };
  await applyObjects(cluster.kubeconfigFile, [configMap]);
}

/**
 * A kubeconfig with a token of the operator's ServiceAccount, so that its RBAC counts.
 *
 * @param server in place of the API server's own address
 */
async function operatorKubeconfig(cluster: Cluster, name: string, server?: string): Promise<string> {
  const { status } = await cluster.clients.core.createNamespacedServiceAccountToken({
    namespace: OPERATOR_NAMESPACE,
    name: `pepr-${uuid}`,
    body: { spec: { audiences: [], expirationSeconds: TOKEN_SECONDS } },
  });
  const administrator = new KubeConfig();
  administrator.loadFromFile(cluster.kubeconfigFile);
  const { server: apiServer, caData } = administrator.getCurrentCluster()!;
  const file = join(cluster.directory, `operator-${name}.kubeconfig`);
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "cluster", cluster: { server: server ?? apiServer, "certificate-authority-data": caData } },
    ],
    users: [{ name: "operator", user: { token: status!.token } }],
    contexts: [{ name: "operator", context: { cluster: "cluster", user: "operator" } }],
    "current-context": "operator",
  });
  await writeFile(file, text, { mode: 0o600 });
  return file;
}
