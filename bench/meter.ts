/** What the operator uses while something goes on: CPU of its processes, and requests of its controller. */
import type { Component, Operator } from "../testbed/operator";
import { RELEASE } from "../testbed/operator-names";
import { clusterFiles } from "../testbed/control-plane";
import { cpuMilliseconds } from "./proc";
import { AuditLog, countRequests, type Counts } from "./requests";

export const COMPONENTS: Component[] = ["controller", "admission"];

export interface Usage {
  milliseconds: number;
  /** Milliseconds, of all processes of the component. */
  cpu: Record<Component, number>;
  requests: Counts;
}

export class Meter {
  readonly #log: AuditLog;

  constructor(
    private readonly operator: Operator,
    clusterDirectory: string,
  ) {
    this.#log = new AuditLog(clusterFiles(clusterDirectory).auditLog);
  }

  /** Whatever comes between two calls is nobody's. */
  async during(work: () => Promise<void>): Promise<Usage> {
    await this.#log.further();
    const before = this.#cpu();
    const start = performance.now();
    await work();
    const milliseconds = performance.now() - start;
    const after = this.#cpu();
    const used = (component: Component): number =>
      [...after[component]].reduce((total, [pid, cpu]) => total + cpu - (before[component].get(pid) ?? 0), 0);
    const requests = countRequests(await this.#log.further(), `${RELEASE}-controller`);
    return {
      milliseconds,
      cpu: { controller: used("controller"), admission: used("admission") },
      requests,
    };
  }

  /** By the process's id. */
  #cpu(): Record<Component, Map<number, number>> {
    const of = (component: Component) =>
      new Map(this.operator.processes(component).map(({ pid }) => [pid, cpuMilliseconds(pid)]));
    return { controller: of("controller"), admission: of("admission") };
  }
}
