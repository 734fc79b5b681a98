/** Installs the operator with its chart. The pods of its Deployments run as processes of this machine. */
import type { V1OwnerReference } from "@kubernetes/client-node";
import { settings as knownSettings } from "../chart/settings";
import { FEATURE_FLAGS } from "../capabilities/keys";
import type { Cluster } from "./cluster";
import { Installation, WEBHOOK_SECONDS, type InstallationOptions } from "./installation";
import { startKubelet, type Kubelet } from "./local-node/kubelet";
import { ON_LOCAL_NODE, removeLocalNode } from "./local-node/node";
import type { ManagedProcess } from "./managed-process";
import { applyObjects } from "./manifests";
import { OPERATOR_NAMESPACE, RELEASE } from "./operator-names";
import { startServiceProxy, type Target } from "./service-proxy";
import { until } from "./until";

export { CHART } from "./installation";
const TEKTON_NAMESPACE = "tekton-pipelines";
const READY_MILLISECONDS = 4 * 60_000;
/** Without root no process may listen on 443. */
const SERVICE_PORT = 8443;

export type Component = "admission" | "controller";

export interface Operator extends Pick<Installation, "upgrade" | "helm" | "uninstall"> {
  readonly kubelet: Kubelet;
  /** Processes of the component that run now. */
  processes(component: Component): ManagedProcess[];
  /** Ends all processes of the component, until `start`. Its pods stay. */
  stop(component: Component, signal?: NodeJS.Signals): Promise<void>;
  /** Starts those that were stopped, and waits until they are ready. */
  start(component: Component): Promise<void>;
}

export interface OperatorOptions {
  /** The operator's settings, by their environment variables. */
  settings?: Record<string, string>;
  /** Further values of the chart. */
  values?: object;
  /** Directory of the chart. Default: the one in dist/. */
  chart?: string;
  /** What the controllers talk to in place of the API server: `https://localhost:port`. */
  controllersServer?: string;
}

/** As chart values: the schema wants numbers where settings are numbers. */
function settingsAsValues(given: Record<string, string>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => {
      const known = knownSettings.find(({ variable }) => `POD_AFFINITY_${variable}` === name);
      if (known === undefined) throw new Error(`${name} is not a setting of the operator`);
      return [known.value, typeof known.default === "number" ? Number(text) : text];
    }),
  );
}

/**
 * Installs the chart in dist/ (`npm run build` must have been run), and waits until every pod is ready.
 *
 * @throws Error with what Helm said, or the end of a process's log
 */
export async function startOperator(cluster: Cluster, options: OperatorOptions = {}): Promise<Operator> {
  const { controllersServer } = options;
  const servers: Record<string, string> =
    controllersServer === undefined ? {} : { controller: controllersServer };
  if (cluster.goesOn) cluster.atStop(() => removeLocalNode(cluster));
  const kubelet = await startKubelet(cluster, servers);
  cluster.atStop(() => kubelet.stop());
  const installed = new InstalledOperator(cluster, kubelet, {
    chart: options.chart,
    values: {
      webhooks: { servicePort: SERVICE_PORT, timeoutSeconds: WEBHOOK_SECONDS },
      settings: settingsAsValues(options.settings ?? {}),
      admission: ON_LOCAL_NODE,
      controller: ON_LOCAL_NODE,
      ...options.values,
    },
    serve: service => startServiceProxy(cluster, service, ready => onThisMachine(kubelet, ready)),
  });
  cluster.atStop(() => installed.close());
  // Its Jobs and pods end only while the kubelet is there.
  if (cluster.goesOn) cluster.atStop(() => installed.uninstall());
  await installed.install();
  return installed;
}

/** Each pod listens on a port of its own. */
function onThisMachine(kubelet: Kubelet, ready: Target[]): Target[] {
  const addresses = ready.map(({ host }) => host);
  const pods = kubelet.pods().filter(({ address }) => addresses.includes(address));
  return pods.map(({ port }) => ({ host: "127.0.0.1", port }));
}

class InstalledOperator extends Installation implements Operator {
  constructor(
    cluster: Cluster,
    readonly kubelet: Kubelet,
    options: InstallationOptions,
  ) {
    super(cluster, options);
  }

  processes(component: Component): ManagedProcess[] {
    return this.kubelet
      .pods()
      .filter(({ pod }) => pod.spec!.containers[0]!.name === component)
      .map(({ process: running }) => running);
  }

  async stop(component: Component, signal?: NodeJS.Signals): Promise<void> {
    this.kubelet.suspend(component);
    await Promise.all(this.processes(component).map(running => running.stop(signal)));
  }

  async start(component: Component): Promise<void> {
    this.kubelet.resume(component);
    await until(`all of ${component} to be ready`, READY_MILLISECONDS, async () => {
      const { status, spec } = await this.cluster.clients.apps.readNamespacedDeployment({
        namespace: OPERATOR_NAMESPACE,
        name: `${RELEASE}-${component}`,
      });
      const all = this.kubelet.pods().filter(({ pod }) => pod.spec!.containers[0]!.name === component);
      return status?.readyReplicas === spec?.replicas && all.every(({ ready }) => ready);
    });
  }
}

/**
 * Switches Tekton's own Affinity Assistant, as an administrator of Tekton would.
 *
 * @param ownerReferences whose the ConfigMap is from then on; default: nobody's
 */
export async function setCoschedule(
  cluster: Cluster,
  coschedule: string,
  ownerReferences?: V1OwnerReference[],
): Promise<void> {
  const flags = {
    namespace: TEKTON_NAMESPACE,
    name: FEATURE_FLAGS,
    ...(ownerReferences && { ownerReferences }),
  };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: flags, data: { coschedule } };
  await applyObjects(cluster.kubeconfigFile, [configMap]);
}
