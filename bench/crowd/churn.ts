/** Runs that come and go: created, released, ended, deleted. */
import { PIPELINE_RUN_V1, TASK_RUN_V1, type PipelineRun } from "../../capabilities/tekton/objects";
import { PLACEHOLDER_LABEL, TEKTON_PIPELINE_RUN_LABEL } from "../../capabilities/keys";
import type { Cluster } from "../../testbed/cluster";
import { EventFeed } from "../../testbed/event-feed";
import { inTurns } from "../../testbed/in-turns";
import { until } from "../../testbed/until";
import type { Filler } from "./fill";

const AT_ONCE = 20;
const STEP_MILLISECONDS = 5 * 60_000;

async function presentVersion({ clients }: Cluster, namespace: string): Promise<number> {
  const list = await clients.custom.listNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, limit: 1 });
  return Number((list as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
}

/** What has become of the runs that are under way; those that are gone are forgotten. */
class Progress {
  readonly #released = new Map<string, PipelineRun>();
  /** Names of runs that have a placeholder. */
  readonly #anchored = new Set<string>();
  #feed: EventFeed | undefined;

  /** Of what comes from now on: in a history of thousands, a watch may end before it has told of all that is there. */
  async start(cluster: Cluster, namespace: string): Promise<void> {
    this.#feed = new EventFeed(cluster.kubeconfigFile);
    const from = await presentVersion(cluster, namespace);
    const runs = `/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns`;
    await this.#feed.follow<PipelineRun>(
      runs,
      ({ type, object }) => {
        const { name, labels } = object.metadata!;
        if (type === "DELETED") this.#released.delete(name!);
        else if (labels?.[PLACEHOLDER_LABEL] !== undefined && object.status?.conditions === undefined)
          this.#released.set(name!, object);
      },
      from,
    );
    const sets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
    await this.#feed.follow(
      sets,
      ({ type, object }) => {
        const run = object.metadata!.ownerReferences![0]!.name;
        if (type === "DELETED") this.#anchored.delete(run);
        else this.#anchored.add(run);
      },
      from,
    );
  }

  stop(): void {
    this.#feed?.stop();
  }

  released(name: string): Promise<PipelineRun> {
    return this.#until(`${name} to be released`, () => this.#released.get(name));
  }

  async withoutPlaceholder(name: string): Promise<void> {
    await this.#until(`the placeholder of ${name} to go`, () => !this.#anchored.has(name));
  }

  #until<T>(what: string, seen: () => T | undefined | false): Promise<T> {
    return until(what, STEP_MILLISECONDS, async () => {
      this.#feed!.check();
      return seen();
    });
  }
}

/** @param gone called with the number of runs that have come and gone, at each */
export async function churn(
  cluster: Cluster,
  filler: Filler,
  { namespace, runs }: { namespace: string; runs: number },
  gone: (count: number) => void,
): Promise<void> {
  const progress = new Progress();
  await progress.start(cluster, namespace);
  const { custom, core } = cluster.clients;
  let count = 0;
  try {
    await inTurns(runs, AT_ONCE, async index => {
      const name = `passing-${index}`;
      await filler.hold(name);
      const run = await progress.released(name);
      const named = { ...run, metadata: run.metadata! };
      await filler.children(named, { running: 0, node: "" });
      await filler.end(named);
      await progress.withoutPlaceholder(name);
      await custom.deleteNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name });
      // Sooner than the garbage collector would.
      const labelSelector = `${TEKTON_PIPELINE_RUN_LABEL}=${name}`;
      await core.deleteCollectionNamespacedPod({ namespace, labelSelector, gracePeriodSeconds: 0 });
      await custom.deleteCollectionNamespacedCustomObject({ ...TASK_RUN_V1, namespace, labelSelector });
      gone(++count);
    });
  } finally {
    progress.stop();
  }
}
