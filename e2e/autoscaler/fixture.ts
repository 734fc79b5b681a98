/** What tests with a real autoscaler share: a cluster that begins without nodes, and what is seen of those that come. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { FAKE_NODE_LABEL } from "../../testbed/nodes";
import { EventFeed, type Change } from "../../testbed/event-feed";
import { startKarpenter } from "../../testbed/karpenter/start";
import { until } from "../../testbed/until";
import { OperatedCluster } from "../operated-cluster";

/** Karpenter looks every 10 s for nodes that no pod needs, and again 15 s later before it takes one away. */
const NODES_GONE_MILLISECONDS = 3 * 60_000;

const isFake = ({ metadata }: V1Node): boolean =>
  metadata?.labels?.[FAKE_NODE_LABEL.key] === FAKE_NODE_LABEL.value;
const nameOf = ({ metadata }: V1Node): string => metadata!.name!;

export class Autoscaled {
  readonly #nodes: Change<V1Node>[] = [];

  private constructor(
    readonly operated: OperatedCluster,
    private readonly feed: EventFeed,
  ) {}

  static async start(name: string): Promise<Autoscaled> {
    const operated = await OperatedCluster.start(name, 0);
    const feed = new EventFeed(operated.cluster.kubeconfigFile);
    const autoscaled = new Autoscaled(operated, feed);
    operated.cluster.atStop(async () => feed.stop());
    await feed.follow<V1Node>("/api/v1/nodes", change => {
      if (isFake(change.object)) autoscaled.#nodes.push(change);
    });
    await startKarpenter(operated.cluster);
    return autoscaled;
  }

  /** Names of the nodes that have come since, whether they are there or not. */
  nodesSince(since: number): string[] {
    this.feed.check();
    const made = this.#nodes.filter(({ type, at }) => type === "ADDED" && at >= since);
    return [...new Set(made.map(({ object }) => nameOf(object)))];
  }

  /** Names of the nodes that are there and are not about to go. */
  nodes(): string[] {
    this.feed.check();
    const newest = new Map(this.#nodes.map(change => [nameOf(change.object), change]));
    return [...newest.values()]
      .filter(({ type, object }) => type !== "DELETED" && object.metadata?.deletionTimestamp === undefined)
      .map(({ object }) => nameOf(object));
  }

  /** @returns milliseconds that it took */
  async untilNoNodes(): Promise<number> {
    const since = Date.now();
    await until("all nodes to go", NODES_GONE_MILLISECONDS, async () => this.nodes().length === 0);
    return Date.now() - since;
  }

  /** Of each run, the seconds from when it was created until its first pod was bound, in order. */
  secondsToFirstPod(namespace: string): number[] {
    const { history } = this.operated;
    return history
      .now("run", namespace)
      .map(({ metadata }) => {
        const isFirst = (pod: V1Pod) =>
          pod.metadata?.labels?.["tekton.dev/pipelineRun"] === metadata!.name &&
          !isPlaceholderPod(pod) &&
          Boolean(pod.spec?.nodeName);
        const created = history.first("run", namespace, run => run.metadata?.uid === metadata!.uid)!.at;
        return (history.first("pod", namespace, isFirst)!.at - created) / 1000;
      })
      .sort((one, other) => one - other);
  }

  /** By run, the nodes that its pods were on. */
  nodesOfRuns(namespace: string): string[][] {
    const byRun = new Map<string, Set<string>>();
    for (const { object } of this.operated.history.all("pod", namespace)) {
      const run = object.metadata!.labels!["tekton.dev/pipelineRun"]!;
      const node = object.spec?.nodeName;
      if (!isPlaceholderPod(object) && node) byRun.set(run, (byRun.get(run) ?? new Set()).add(node));
    }
    return [...byRun.values()].map(nodes => [...nodes]);
  }
}
