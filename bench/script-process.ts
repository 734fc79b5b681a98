/**
 * The process of by-script.ts. It hears of what an operator has to hear of, every change of the runs, their TaskRuns,
 * their pods and StatefulSets, by the operator's own watches, and keeps nothing of it; it writes what an operator writes. What it
 * uses is what an operator cannot use less than.
 *
 * Arguments: a kubeconfig, and namespaces. Told by the parent process what to do, it answers when that is done.
 */
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { kubeConnection } from "../capabilities/kube/client";
import { JSON_PATCH } from "../capabilities/kube/json-patch";
import { TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import { Reflector, type ReflectorOptions } from "../capabilities/store/reflector";
import { PIPELINE_RUN_V1, TASK_RUN_V1 } from "../capabilities/tekton/objects";
import type { Answer, Order } from "./by-script";

const BOUND_MILLISECONDS = 5 * 60_000;
const CONNECTIONS = 20;
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

const [kubeconfigFile, ...namespaces] = process.argv.slice(2);
const options = { maxConnections: CONNECTIONS, requestTimeoutMilliseconds: 30_000 };
const { clients, kubeConfig } = kubeConnection(options, kubeconfigFile);
/** Told when a pod has a node, by its namespace and the name of its StatefulSet or run. */
const waiting = new Map<string, () => void>();

function whenBound(key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${key} was not bound within ${BOUND_MILLISECONDS / 1000} s`));
    const timer = setTimeout(late, BOUND_MILLISECONDS);
    waiting.set(key, () => {
      clearTimeout(timer);
      waiting.delete(key);
      resolve();
    });
  });
}

function see(pod: V1Pod): void {
  if (!pod.spec?.nodeName) return;
  const { namespace, labels } = pod.metadata!;
  waiting.get(`${namespace}/${labels?.[APP]}`)?.();
  waiting.get(`${namespace}/${labels?.[TEKTON_PIPELINE_RUN_LABEL]}/run`)?.();
}

function follow<T>(path: string, event: ReflectorOptions<T>["sink"]["event"]): Promise<void> {
  const nothing = () => {};
  const sink = { begin: nothing, synced: nothing, gap: nothing, event };
  const onFailure = (error: unknown) => console.error(`the watch of ${path} broke: ${String(error)}`);
  const reflector = new Reflector<T>({ kubeConfig, path, list: true, sink, onFailure });
  reflector.start();
  return reflector.whenSynced();
}

async function resize(namespace: string, name: string, requests: Record<string, string>): Promise<void> {
  const body = [{ op: "replace", path: "/spec/containers/0/resources/requests", value: requests }];
  await clients.core.patchNamespacedPodResize({ namespace, name: `${name}-0`, body }, JSON_PATCH);
}

async function tell(namespace: string, name: string): Promise<void> {
  const involvedObject = { kind: "PipelineRun", apiVersion: "tekton.dev/v1", namespace, name };
  const said = { type: "Normal", reason: "Placed", message: `The pods of ${name} are kept together.` };
  await clients.core.createNamespacedEvent({
    namespace,
    body: { metadata: { generateName: `${name}-` }, involvedObject, ...said },
  });
}

/**
 * As the operator: the whole placeholder, the release, the room of the first pod given free, an Event; and the room of the next
 * ones as soon as the first one has a node.
 */
async function place(namespace: string, name: string, resized: boolean): Promise<void> {
  const bound = whenBound(`${namespace}/${name}`);
  await clients.apps.createNamespacedStatefulSet({ namespace, body: statefulSet(name, resized) });
  await bound;
  const firstBound = resized ? whenBound(`${namespace}/${name}/run`) : undefined;
  const release = [{ op: "remove", path: "/spec/status" }];
  await clients.custom.patchNamespacedCustomObject(
    { ...PIPELINE_RUN_V1, namespace, name, body: release },
    JSON_PATCH,
  );
  if (!resized) return;
  await resize(namespace, name, REST);
  await tell(namespace, name);
  await firstBound;
  await resize(namespace, name, LITTLE);
}

async function carryOut({ namespace, name, what, resized }: Order): Promise<void> {
  if (what === "place") await place(namespace, name, resized);
  else await clients.apps.deleteNamespacedStatefulSet({ namespace, name });
}

const answer = (message: Answer): void => void process.send!(message);

process.on("message", (order: Order) => {
  carryOut(order).then(
    () => answer({ id: order.id }),
    (error: unknown) => answer({ id: order.id, problem: String(error) }),
  );
});
process.on("disconnect", () => process.exit());

const of = ({ group, version, plural }: typeof TASK_RUN_V1, namespace: string): string =>
  `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
const forget = (): void => {};
void Promise.all(
  namespaces.flatMap(namespace => [
    follow(`/apis/apps/v1/namespaces/${namespace}/statefulsets`, forget),
    follow<V1Pod>(`/api/v1/namespaces/${namespace}/pods`, (_type, pod) => see(pod)),
    follow(of(PIPELINE_RUN_V1, namespace), forget),
    follow(of(TASK_RUN_V1, namespace), forget),
  ]),
).then(() => answer({ id: 0 }));
