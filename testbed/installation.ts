/** The operator installed with its chart, wherever its pods then run. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { APP_NAME, APP_NAME_LABEL } from "../capabilities/keys";
import packageJson from "../package.json";
import type { Cluster } from "./cluster";
import { helm } from "./helm";
import { ifFound } from "./if-found";
import { inTurn } from "./in-turn";
import { applyObjects, deleteObjects } from "./manifests";
import { OPERATOR_NAMESPACE, RELEASE } from "./operator-names";
import type { ServiceName, ServiceProxy } from "./service-proxy";
import { until } from "./until";

export const CHART = join(__dirname, "..", "dist", packageJson.name);
const GONE_MILLISECONDS = 4 * 60_000;
const UNINSTALL_STEP_MILLISECONDS = 120_000;
/** As long as the chart allows: the machine plays many others. */
export const WEBHOOK_SECONDS = 10;

export interface InstallationOptions {
  /** Values of the chart, for every installation and upgrade. */
  values: object;
  /** Directory of the chart. Default: the one in dist/. */
  chart?: string;
  /** Lets the API server reach the Service of admission. */
  serve(service: ServiceName): Promise<ServiceProxy>;
}

/** Calls of Helm need `npm run build` to have been run. */
export class Installation {
  readonly #valuesFile: string;
  readonly #chart: string;
  #proxy: ServiceProxy | undefined;

  /** @throws Error when there is no chart */
  constructor(
    protected readonly cluster: Cluster,
    private readonly options: InstallationOptions,
  ) {
    this.#chart = options.chart ?? CHART;
    if (!existsSync(this.#chart)) throw new Error("the operator is not built: run `npm run build` first");
    this.#valuesFile = join(cluster.directory, "values.json");
  }

  /** Waits until every pod is ready. Its namespace has Pod Security's `restricted`. */
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
    this.#proxy = await this.options.serve(service);
  }

  /** `helm upgrade` with further values; waits until all pods are ready. */
  async upgrade(values: object = {}): Promise<void> {
    await writeFile(this.#valuesFile, JSON.stringify(this.options.values));
    const further = join(this.cluster.directory, "further-values.json");
    await writeFile(further, JSON.stringify(values));
    const files = ["-f", this.#valuesFile, "-f", further];
    await this.helm("upgrade", this.#chart, "--install", "--wait", "--timeout", "4m", ...files);
    await this.#serve();
  }

  /** Calls Helm for the release: `rollback`, `uninstall` and the like, with further arguments. */
  helm(command: string, ...args: string[]): Promise<string> {
    const [chart, rest] = command === "upgrade" ? [args.slice(0, 1), args.slice(1)] : [[], args];
    const all = [command, RELEASE, ...chart, "--namespace", OPERATOR_NAMESPACE, ...rest];
    return helm(this.cluster.kubeconfigFile, ...all);
  }

  /** `helm uninstall`, and away with the namespace; whatever fails, all of it is tried. */
  async uninstall(): Promise<void> {
    const { core, scheduling } = this.cluster.clients;
    const name = OPERATOR_NAMESPACE;
    const ours = `${APP_NAME_LABEL}=${APP_NAME}`;
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
      {
        // An uninstallation leaves them, for placeholders that are left: docs/operations.md.
        what: "delete the priority classes",
        work: () => scheduling.deleteCollectionPriorityClass({ labelSelector: ours }),
      },
      { what: `delete the namespace ${name}`, work: () => ifFound(core.deleteNamespace({ name })) },
      {
        what: `see the namespace ${name} go`,
        work: () =>
          until("it", GONE_MILLISECONDS, async () => !(await ifFound(core.readNamespace({ name })))),
      },
    ];
    await inTurn(steps.map(step => ({ ...step, milliseconds: UNINSTALL_STEP_MILLISECONDS })));
  }
}
