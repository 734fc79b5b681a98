/** Installs the operator with its chart. The pods of its Deployments run as processes of this machine. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { settings as knownSettings } from "../chart/settings";
import { FEATURE_FLAGS } from "../capabilities/keys";
import packageJson from "../package.json";
import type { Cluster } from "./cluster";
import { helm } from "./helm";
import { ifFound } from "./if-found";
import { inTurn } from "./in-turn";
import { startKubelet, type Kubelet } from "./local-node/kubelet";
import { ON_LOCAL_NODE, removeLocalNode } from "./local-node/node";
import { startServiceProxy, type ServiceProxy } from "./local-node/service-proxy";
import type { ManagedProcess } from "./managed-process";
import { applyObjects, deleteObjects } from "./manifests";
import { OPERATOR_NAMESPACE, RELEASE } from "./operator-names";
import { until } from "./until";

export const CHART = join(__dirname, "..", "dist", packageJson.name);
const TEKTON_NAMESPACE = "tekton-pipelines";
const READY_MILLISECONDS = 4 * 60_000;
const UNINSTALL_STEP_MILLISECONDS = 120_000;
/** Without root no process may listen on 443. */
const SERVICE_PORT = 8443;
/** As long as the chart allows: the machine plays many others. */
const WEBHOOK_SECONDS = 10;

export type Component = "admission" | "controller";

export interface Operator {
  readonly kubelet: Kubelet;
  /** Processes of the component that run now. */
  processes(component: Component): ManagedProcess[];
  /** Ends all processes of the component, until `start`. Its pods stay. */
  stop(component: Component, signal?: NodeJS.Signals): Promise<void>;
  /** Starts those that were stopped, and waits until they are ready. */
  start(component: Component): Promise<void>;
  /** `helm upgrade` with further values; waits until all pods are ready. */
  upgrade(values?: object): Promise<void>;
  /** Calls Helm for the release: `rollback`, `uninstall` and the like, with further arguments. */
  helm(command: string, ...args: string[]): Promise<string>;
  /** `helm uninstall`, and away with the namespace; whatever fails, all of it is tried. */
  uninstall(): Promise<void>;
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
  const chart = options.chart ?? CHART;
  if (!existsSync(chart)) throw new Error("the operator is not built: run `npm run build` first");
  const { controllersServer } = options;
  const servers: Record<string, string> =
    controllersServer === undefined ? {} : { controller: controllersServer };
  if (cluster.goesOn) cluster.atStop(() => removeLocalNode(cluster));
  const kubelet = await startKubelet(cluster, servers);
  cluster.atStop(() => kubelet.stop());
  const installed = new InstalledOperator(cluster, kubelet, chart, {
    webhooks: { servicePort: SERVICE_PORT, timeoutSeconds: WEBHOOK_SECONDS },
    settings: settingsAsValues(options.settings ?? {}),
    admission: ON_LOCAL_NODE,
    controller: ON_LOCAL_NODE,
    ...options.values,
  });
  cluster.atStop(() => installed.close());
  // Its Jobs and pods end only while the kubelet is there.
  if (cluster.goesOn) cluster.atStop(() => installed.uninstall());
  await installed.install();
  return installed;
}

class InstalledOperator implements Operator {
  readonly #valuesFile: string;
  #proxy: ServiceProxy | undefined;

  constructor(
    private readonly cluster: Cluster,
    readonly kubelet: Kubelet,
    private readonly chart: string,
    private readonly values: object,
  ) {
    this.#valuesFile = join(cluster.directory, "values.json");
  }

  async install(): Promise<void> {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: OPERATOR_NAMESPACE, labels } };
    await applyObjects(this.cluster.kubeconfigFile, [namespace]);
    await this.upgrade();
  }

  async close(): Promise<void> {
    this.#proxy?.stop();
  }

  /** A Service that was made anew has another address. */
  async #serve(): Promise<void> {
    const service = { namespace: OPERATOR_NAMESPACE, name: RELEASE };
    const { spec } = await this.cluster.clients.core.readNamespacedService(service);
    if (this.#proxy?.address === spec!.clusterIP) return;
    this.#proxy?.stop();
    this.#proxy = await startServiceProxy(this.cluster, this.kubelet, service);
  }

  async upgrade(values: object = {}): Promise<void> {
    await writeFile(this.#valuesFile, JSON.stringify(this.values));
    const further = join(this.cluster.directory, "further-values.json");
    await writeFile(further, JSON.stringify(values));
    const files = ["-f", this.#valuesFile, "-f", further];
    await this.helm("upgrade", this.chart, "--install", "--wait", "--timeout", "4m", ...files);
    await this.#serve();
  }

  helm(command: string, ...args: string[]): Promise<string> {
    const [chart, rest] = command === "upgrade" ? [args.slice(0, 1), args.slice(1)] : [[], args];
    const all = [command, RELEASE, ...chart, "--namespace", OPERATOR_NAMESPACE, ...rest];
    return helm(this.cluster.kubeconfigFile, ...all);
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

  async uninstall(): Promise<void> {
    const { core } = this.cluster.clients;
    const name = OPERATOR_NAMESPACE;
    const hook = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: `${RELEASE}-uninstall` } };
    const hooks = ["ClusterRoleBinding", "ClusterRole"].map(kind => ({ ...hook, kind }));
    const uninstall = (...how: string[]) => this.helm("uninstall", "--ignore-not-found", ...how);
    const steps = [
      { what: "uninstall the operator", work: () => uninstall("--wait", "--timeout", "90s") },
      // What is left where that failed.
      { what: "uninstall the rest of the operator", work: () => uninstall("--no-hooks") },
      {
        what: "delete what the uninstallation needed",
        work: () => deleteObjects(this.cluster.kubeconfigFile, hooks),
      },
      { what: `delete the namespace ${name}`, work: () => ifFound(core.deleteNamespace({ name })) },
      {
        what: `see the namespace ${name} go`,
        work: () =>
          until("it", READY_MILLISECONDS, async () => !(await ifFound(core.readNamespace({ name })))),
      },
    ];
    await inTurn(steps.map(step => ({ ...step, milliseconds: UNINSTALL_STEP_MILLISECONDS })));
  }
}

/** Switches Tekton's own Affinity Assistant, as an administrator of Tekton would. */
export async function setCoschedule(cluster: Cluster, coschedule: string): Promise<void> {
  const flags = { namespace: TEKTON_NAMESPACE, name: FEATURE_FLAGS };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: flags, data: { coschedule } };
  await applyObjects(cluster.kubeconfigFile, [configMap]);
}
