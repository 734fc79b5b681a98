/** Runs among nodes that come and go: a cluster, the operator as it is shipped, the plan, and what is to hold. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, cpu } from "../../e2e/fit/fixture";
import { run } from "../../e2e/operated-cluster";
import { PIPELINE_RUN_V1 } from "../../capabilities/tekton/objects";
import { startCluster, type Cluster } from "../../testbed/cluster";
import { clusterFiles } from "../../testbed/control-plane";
import type { Change } from "../../testbed/event-feed";
import { createNamespace } from "../../testbed/namespaces";
import { startOperator } from "../../testbed/operator";
import { AuditFeed } from "../audit-feed";
import { Anchored } from "../invariants/anchored";
import { Apart } from "../invariants/apart";
import { Kept } from "../invariants/kept";
import { AfterLoss, Together } from "../invariants/together";
import { Live } from "../live";
import { hasFinished } from "../objects";
import { LAG_MILLISECONDS, Observer } from "../observer";
import type { SoakOptions } from "../options";
import { NodeActor } from "./actor";
import { nodePlan, type PlannedRun } from "./plan";
import type { NodeFindings } from "./report";
import { Stalls } from "./stalls";

const NAMESPACE = "soak";
const LOOK_MILLISECONDS = 500;
/** Of a pod that its node takes along Tekton makes another one only where its task may be tried again. */
const RETRIES = 5;
/**
 * After the last event. Kubernetes alone takes a minute until pods of a node are gone that is (40 s until they count as
 * orphans, looked for every 20 s), and a run may have been moved before and wait for the next move.
 */
const LAST_MILLISECONDS = 240_000;

const bodyOf = ({ name, tasks }: PlannedRun): object =>
  run(
    name,
    tasks.map(task =>
      cpu(task.name, task.cpu, { ...after(...task.runAfter), retries: RETRIES }, task.seconds),
    ),
  );

/** @param chart directory of the operator's chart; default: the one that was built */
export async function soakNodes(
  options: SoakOptions,
  say: (line: string) => void,
  chart?: string,
): Promise<NodeFindings> {
  const cluster = await startCluster({ name: "soak-nodes" });
  try {
    return await new NodeSoak(cluster, options, say).run(chart);
  } finally {
    await cluster.stop();
  }
}

class NodeSoak {
  readonly #invariants = [new Together(), new AfterLoss(), new Apart(), new Anchored(), new Kept()];
  readonly #observer = new Observer(this.#invariants);
  readonly #stalls = new Stalls();
  readonly #live: Live;
  readonly #audit: AuditFeed;
  readonly #actor: NodeActor;
  readonly #problems: string[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly options: SoakOptions,
    private readonly say: (line: string) => void,
  ) {
    this.#live = new Live(cluster.kubeconfigFile);
    this.#actor = new NodeActor(cluster);
    this.#audit = new AuditFeed(clusterFiles(cluster.directory).auditLog, write =>
      this.#observer.wrote(write),
    );
  }

  async run(chart?: string): Promise<NodeFindings> {
    const { clients } = this.cluster;
    await this.#live.start((kind, change) => {
      this.#observer.arrive(kind, change);
      if (kind === "run") this.#stalls.run(change as Change);
      if (kind === "pod") this.#stalls.pod(change as Change);
    });
    this.#audit.start();
    await this.#actor.prepare();
    await startOperator(this.cluster, chart === undefined ? {} : { chart });
    await createNamespace(clients, NAMESPACE);
    const start = Date.now();
    await this.#play(start);
    const findings = this.#findings((Date.now() - start) / 1000);
    if (findings.violations.length + findings.unended.length > 0) await this.#keepEvidence(findings);
    return findings;
  }

  async #play(start: number): Promise<void> {
    const { seed, minutes, runs } = this.options;
    const plan = nodePlan({ seed, minutes, runs });
    const { custom } = this.cluster.clients;
    const where = { ...PIPELINE_RUN_V1, namespace: NAMESPACE };
    this.say(`The operator is up; seed ${seed}, ${runs} runs and ${plan.events.length} events of nodes …`);
    const later = (at: number, work: () => Promise<unknown>): Promise<void> =>
      delay(start + at - Date.now())
        .then(work)
        .then(
          () => undefined,
          (error: unknown) => void this.#problems.push(String(error)),
        );
    const all = Promise.all([
      ...plan.events.map(event => later(event.at, () => this.#actor.strike(event, this.#inUse()))),
      ...plan.runs.map(planned =>
        later(planned.at, () => custom.createNamespacedCustomObject({ ...where, body: bodyOf(planned) })),
      ),
    ]);
    const isOver = (): boolean => {
      const now = Date.now();
      const haveEnded = now > start + plan.end && this.#stalls.unended().length === 0;
      return haveEnded || now > start + plan.end + LAST_MILLISECONDS;
    };
    while (!isOver() && this.#observer.violations.length === 0) {
      await delay(LOOK_MILLISECONDS);
      this.#observer.advance(Date.now());
    }
    if (this.#observer.violations.length === 0) await all;
    await delay(LAG_MILLISECONDS);
    await this.#audit.stop();
    this.#observer.advance(Date.now());
    this.#live.stop();
  }

  #inUse(): Set<string> {
    const pods = this.#live.all("pod").filter(({ metadata }) => metadata!.namespace === NAMESPACE);
    return new Set(pods.filter(pod => !hasFinished(pod)).flatMap(({ spec }) => spec?.nodeName ?? []));
  }

  #findings(seconds: number): NodeFindings {
    const { seed, minutes, runs } = this.options;
    return {
      ...{ seed, minutes, runs, seconds },
      events: this.#actor.done,
      results: this.#stalls.results(),
      unended: this.#stalls.unended(),
      longest: this.#stalls.longest(Date.now()),
      invariants: this.#invariants,
      violations: this.#observer.violations,
      problems: this.#problems,
    };
  }

  async #keepEvidence({ violations }: NodeFindings): Promise<void> {
    const directory = await this.cluster.keepEvidence();
    const stories = violations.map(one => ({ ...one, history: this.#observer.historyOf(one) }));
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "violations.json"), JSON.stringify(stories, undefined, 1));
    this.say(`Objects, Events and logs are in ${directory}.`);
  }
}
