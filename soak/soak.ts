/** One soak: a cluster, the operator behind the fault proxy, the plan, and the observer. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startCluster, type Cluster } from "../testbed/cluster";
import { clusterFiles } from "../testbed/control-plane";
import type { Delayed } from "../testbed/fault-proxy/forwarding";
import { startFaultProxy, type FaultProxy } from "../testbed/fault-proxy/proxy";
import { loggedFaults } from "../testbed/logged-faults";
import { addNode } from "../testbed/nodes";
import { startOperator } from "../testbed/operator";
import type { Adversary } from "./actors/adversary";
import { Recordings } from "./actors/bodies";
import { URGENT } from "./actors/disturber";
import { Stage } from "./actors/stage";
import { AuditFeed } from "./audit-feed";
import { Director } from "./director";
import { allInvariants } from "./invariants";
import type { Violation } from "./invariant";
import { Live } from "./live";
import { LAG_MILLISECONDS, Observer } from "./observer";
import type { SoakOptions } from "./options";
import { nodeAtStart, NODES_AT_START } from "./plan/disturbances";
import { Pace } from "./pace";
import { makePlan, type Plan } from "./plan/plan";
import type { Findings } from "./report";
import { BOUND_MILLISECONDS, OPERATOR_SETTINGS, RATES, ratesOf } from "./settings";

const ADVANCE_MILLISECONDS = 500;
/** After the plan: whatever is overdue by then is seen to be. */
const LAST_CALM_MILLISECONDS = BOUND_MILLISECONDS + LAG_MILLISECONDS;

/** On a machine where time counts but slowly. */
const LONGEST_CALM_MILLISECONDS = 5 * LAST_CALM_MILLISECONDS;

type Say = (line: string) => void;
/** @param chart directory of the operator's chart; default: the one that was built */
export async function soak(options: SoakOptions, say: Say, chart?: string): Promise<Findings> {
  const cluster = await startCluster({ name: "soak" });
  try {
    return await new Soak(cluster, options, say).run(chart);
  } finally {
    await cluster.stop();
  }
}

class Soak {
  readonly #plan: Plan;
  readonly #invariants = allInvariants(BOUND_MILLISECONDS);
  readonly #pace = new Pace(Date.now());
  readonly #observer = new Observer(this.#invariants, at => this.#pace.counted(at));
  readonly #live: Live;
  readonly #audit: AuditFeed;
  #adversary: Adversary | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: SoakOptions,
    private readonly say: Say,
  ) {
    this.#plan = makePlan(options);
    this.#live = new Live(cluster.kubeconfigFile);
    this.#audit = new AuditFeed(clusterFiles(cluster.directory).auditLog, write =>
      this.#observer.wrote(write),
    );
  }

  async run(chart?: string): Promise<Findings> {
    const { cluster, options } = this;
    await this.#prepareCluster();
    await this.#live.start((kind, change) => this.#observer.arrive(kind, change));
    this.#audit.start();
    const meanwhile = async (delayed: Delayed) => this.#adversary?.meanwhile(delayed);
    const proxy = await startFaultProxy(cluster, options.seed, RATES, {
      ...{ ratesOf, meanwhile },
    });
    cluster.atStop(() => proxy.stop());
    proxy.pause();
    const operator = await startOperator(cluster, {
      ...{ settings: OPERATOR_SETTINGS, controllersServer: proxy.url },
      ...(chart !== undefined && { chart }),
    });
    const stage = new Stage(cluster, operator, this.#live, options.seed);
    const director = new Director(stage, this.#plan, await Recordings.read());
    this.#adversary = director.adversary;
    await director.prepare();
    this.say(
      `The operator is up; seed ${options.seed}, ${options.runs} runs in ${options.minutes} minutes …`,
    );
    const start = Date.now();
    const isComplete = await this.#play(director, proxy);
    const seconds = (Date.now() - start) / 1000;
    const findings = await this.#findings(stage, proxy, seconds, isComplete);
    if (findings.violations.length > 0) await this.#keepEvidence(findings.violations);
    return findings;
  }

  async #prepareCluster(): Promise<void> {
    const { clients } = this.cluster;
    const nodes = Array.from({ length: NODES_AT_START }, (_, index) => nodeAtStart(index));
    await Promise.all(nodes.map(node => addNode(clients, node)));
    await clients.scheduling.createPriorityClass({ body: { metadata: { name: URGENT }, value: 1000 } });
  }

  /** @returns whether it came to its end without a violation on the way */
  async #play(director: Director, proxy: FaultProxy): Promise<boolean> {
    const end = Date.now() + this.#plan.end;
    director.begin(isCalm => {
      if (isCalm) proxy.pause();
      else proxy.resume();
      this.#observer.phase(isCalm, Date.now());
      this.say(isCalm ? "  calm" : "  faults");
    });
    const isOver = (): boolean =>
      this.#pace.counted(Date.now()) > this.#pace.counted(end) + LAST_CALM_MILLISECONDS ||
      Date.now() > end + LONGEST_CALM_MILLISECONDS;
    while (!isOver() && this.#observer.violations.length === 0) {
      await delay(ADVANCE_MILLISECONDS);
      await this.#feelPulse();
      this.#observer.advance(Date.now());
    }
    const isComplete = this.#observer.violations.length === 0;
    director.end();
    await this.#audit.stop();
    // What was checked in the last calm is counted when that ends.
    if (isComplete) this.#observer.phase(false, Date.now() - LAG_MILLISECONDS);
    this.#observer.advance(Date.now());
    this.#live.stop();
    return isComplete;
  }

  async #feelPulse(): Promise<void> {
    const start = Date.now();
    await this.cluster.clients.core.readNamespace({ name: "default" });
    this.#pace.sample(Date.now(), Date.now() - start);
  }

  async #findings(stage: Stage, proxy: FaultProxy, seconds: number, isComplete: boolean): Promise<Findings> {
    const { seed, minutes, runs, bug } = this.options;
    const problems = new Map(stage.problems);
    try {
      this.#live.check();
    } catch (error) {
      problems.set(String(error), 1);
    }
    const ofOperator = { at: Date.now(), uids: [] };
    const crashes = stage.operator.kubelet.crashes().map(crash => ({
      ...ofOperator,
      invariant: "no crash",
      message: `a process of the operator ended by itself: ${crash}`,
    }));
    const faults = (await loggedFaults(this.cluster)).map(line => ({
      ...ofOperator,
      invariant: "no fault",
      message: `code of the operator failed: ${line}`,
    }));
    if (this.#observer.late > 0)
      problems.set("changes that came too late to be put in order", this.#observer.late);
    return {
      ...{ seed, minutes, runs, bug: bug?.name, seconds, problems, isComplete },
      ...{ requests: proxy.requests(), faults: proxy.injected, done: stage.done },
      ...{
        changes: this.#observer.seen,
        lostSeconds: this.#pace.lost / 1000,
        invariants: this.#invariants,
        violations: [...this.#observer.violations, ...crashes, ...faults],
      },
    };
  }

  async #keepEvidence(violations: readonly Violation[]): Promise<void> {
    const directory = await this.cluster.keepEvidence();
    const stories = violations.map(violation => ({
      ...violation,
      history: this.#observer.historyOf(violation),
    }));
    await mkdir(directory, { recursive: true });
    const file = join(directory, "violations.json");
    await writeFile(file, JSON.stringify({ seed: this.options.seed, violations: stories }, undefined, 1));
    this.say(`The history of what was involved is in ${file}; logs and objects are beside it.`);
  }
}
