/**
 * What no operator can be quicker than that keeps a place by a pod: a script that knows beforehand what to write. It makes
 * a StatefulSet of one pod, waits until that is bound, and starts the run. It reads nothing, decides nothing, asks no
 * webhook, and the run's pods look for no other pod.
 */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { JSON_PATCH } from "../capabilities/kube/json-patch";
import { PENDING } from "../capabilities/keys";
import type { OperatedCluster } from "../e2e/operated-cluster";
import { EventFeed } from "../testbed/event-feed";
import type { ScriptedKind } from "./kinds";

const BOUND_MILLISECONDS = 60_000;
const APP = "placed-by-script";
/** As the operator's: the widest moment of the run, the room of its first pod less of it, and a little. */
const WHOLE = { cpu: "200m", memory: "128Mi" };
const REST = { cpu: "100m", memory: "64Mi" };
const LITTLE = { cpu: "10m", memory: "16Mi" };
const NAME = "place";

function statefulSet(name: string, resized: boolean): V1StatefulSet {
  const labels = { [APP]: name };
  return {
    metadata: { name, labels },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: NAME, image: "pause", resources: { requests: resized ? WHOLE : LITTLE } }],
        },
      },
    },
  };
}

const pending = (run: { spec: object }): object => ({ ...run, spec: { ...run.spec, status: PENDING } });

export class Script {
  readonly #feed: EventFeed;
  readonly #waiting = new Map<string, () => void>();

  private constructor(private readonly operated: OperatedCluster) {
    this.#feed = new EventFeed(operated.cluster.kubeconfigFile);
  }

  static async start(operated: OperatedCluster, namespaces: readonly string[]): Promise<Script> {
    const script = new Script(operated);
    for (const namespace of namespaces) {
      await script.#feed.follow<V1Pod>(`/api/v1/namespaces/${namespace}/pods`, ({ object }) => {
        const name = object.metadata?.labels?.[APP];
        if (name !== undefined && object.spec?.nodeName) script.#waiting.get(`${namespace}/${name}`)?.();
      });
    }
    return script;
  }

  stop(): void {
    this.#feed.stop();
  }

  /** The namespace is named after the kind. */
  async place(kind: ScriptedKind, run: { metadata: { name: string }; spec: object }): Promise<void> {
    const { clients } = this.operated.cluster;
    const { name } = run.metadata;
    const resized = kind === "script-with-requests";
    const bound = this.#bound(kind, name);
    await this.operated.createRun(kind, pending(run));
    await clients.apps.createNamespacedStatefulSet({ namespace: kind, body: statefulSet(name, resized) });
    await bound;
    const shrink = [{ op: "replace", path: "/spec/containers/0/resources/requests", value: REST }];
    await Promise.all([
      this.operated.patchRun(kind, name, [{ op: "remove", path: "/spec/status" }]),
      ...(resized
        ? [
            clients.core.patchNamespacedPodResize(
              { namespace: kind, name: `${name}-0`, body: shrink },
              JSON_PATCH,
            ),
          ]
        : []),
    ]);
  }

  #bound(namespace: string, name: string): Promise<void> {
    const key = `${namespace}/${name}`;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${key} was not bound within ${BOUND_MILLISECONDS / 1000} s`));
      const timer = setTimeout(late, BOUND_MILLISECONDS);
      this.#waiting.set(key, () => {
        clearTimeout(timer);
        this.#waiting.delete(key);
        resolve();
      });
    });
  }

  async clear(kind: ScriptedKind, name: string): Promise<void> {
    await this.operated.cluster.clients.apps.deleteNamespacedStatefulSet({ namespace: kind, name });
  }
}
