/** What the operator uses while something goes on: CPU of its processes, and requests of its controller. */
import type { Component, Operator } from "../testbed/operator";
import { RELEASE } from "../testbed/operator-names";
import type { Cluster } from "../testbed/cluster";
import { clusterFiles } from "../testbed/control-plane";
import { apiServerMetrics } from "../testbed/metrics";
import type { ManagedProcess } from "../testbed/managed-process";
import { cpuMilliseconds } from "./proc";
import { AuditLog, countRequests, type Counts } from "./requests";

export const COMPONENTS: Component[] = ["controller", "admission"];

export interface Usage {
  milliseconds: number;
  /** Milliseconds, of all processes of the component. */
  cpu: Record<Component, number>;
  /** The same, of the control plane, the nodes and the stand-ins. */
  surroundings: number;
  /** The same, of the script's process; 0 without one. */
  script: number;
  requests: Counts;
  apiServer: ApiServerCounts;
}

export interface ApiServerCounts {
  /** That it was asked, by all clients; watches are not counted. */
  requests: number;
  /** Calls of webhooks. */
  webhooks: number;
}

export class Meter {
  readonly #log: AuditLog;

  constructor(
    private readonly operator: Operator,
    private readonly cluster: Cluster,
    private readonly script?: { pid: number },
  ) {
    this.#log = new AuditLog(clusterFiles(cluster.directory).auditLog);
  }

  /** Whatever comes between two calls is nobody's. */
  async during(work: () => Promise<void>): Promise<Usage> {
    await this.#log.further();
    const asked = await this.#asked();
    const before = this.#cpu();
    const start = performance.now();
    await work();
    const milliseconds = performance.now() - start;
    const after = this.#cpu();
    const used = (part: keyof typeof after): number =>
      [...after[part]].reduce((total, [pid, cpu]) => total + cpu - (before[part].get(pid) ?? 0), 0);
    const askedThen = await this.#asked();
    const requests = countRequests(await this.#log.further(), `${RELEASE}-controller`);
    return {
      milliseconds,
      cpu: { controller: used("controller"), admission: used("admission") },
      surroundings: used("surroundings"),
      script: used("script"),
      requests,
      apiServer: {
        requests: askedThen.requests - asked.requests,
        webhooks: askedThen.webhooks - asked.webhooks,
      },
    };
  }

  async #asked(): Promise<ApiServerCounts> {
    const counts: ApiServerCounts = { requests: 0, webhooks: 0 };
    for (const { name, labels, value } of await apiServerMetrics(this.cluster.kubeconfigFile)) {
      if (name === "apiserver_request_total" && labels["verb"] !== "WATCH") counts.requests += value;
      if (name === "apiserver_admission_webhook_admission_duration_seconds_count") counts.webhooks += value;
    }
    return counts;
  }

  /** By the process's id. */
  #cpu(): Record<Component | "surroundings" | "script", Map<number, number>> {
    const of = (processes: readonly { pid: number }[]) =>
      new Map(processes.map(({ pid }) => [pid, cpuMilliseconds(pid)]));
    const own = {
      controller: of(this.operator.processes("controller")),
      admission: of(this.operator.processes("admission")),
    };
    const isOwn = ({ pid }: ManagedProcess): boolean => own.controller.has(pid) || own.admission.has(pid);
    return {
      ...own,
      surroundings: of(this.cluster.running().filter(one => !isOwn(one))),
      script: of(this.script === undefined ? [] : [this.script]),
    };
  }
}
