/** What happens to a node while a run is there, as people, clouds and strangers do it. */
import type { V1Node, V1Pod, V1Taint } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import { statusOf } from "../../capabilities/kube/errors";
import { FAKE_NODE_LABEL } from "../../testbed/nodes";
import { ifFound } from "../../testbed/if-found";
import { until } from "../../testbed/until";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";
import { takeAttachments, takeSlots } from "./strangers";

/** Where it happens. */
export interface Scene {
  operated: Pick<OperatedCluster, "cluster">;
  namespace: string;
  node: string;
}

type Happens = (scene: Scene) => Promise<void>;

const patchNode = ({ operated, node }: Scene, body: object): Promise<V1Node> =>
  operated.cluster.clients.core.patchNode({ name: node, body }, MERGE_PATCH);

const taint =
  (...taints: V1Taint[]): Happens =>
  async scene =>
    void (await patchNode(scene, { spec: { taints } }));

const cordon: Happens = async scene => void (await patchNode(scene, { spec: { unschedulable: true } }));

/** Its kubelet says so, and nothing more: what is there does not end. */
async function notReady(scene: Scene): Promise<void> {
  await patchNode(scene, { metadata: { labels: { [FAKE_NODE_LABEL.key]: null } } });
  const { core } = scene.operated.cluster.clients;
  const now = new Date();
  const ready = { type: "Ready", status: "False", reason: "KubeletNotReady", lastTransitionTime: now };
  const body = { status: { conditions: [{ ...ready, message: "gone dark", lastHeartbeatTime: now }] } };
  await core.patchNodeStatus({ name: scene.node, body }, MERGE_PATCH);
}

/** What a cordon, or a taint, did is undone. */
export const asBefore: Happens = async scene =>
  void (await patchNode(scene, { spec: { unschedulable: null, taints: null } }));

/** KWOK plays its kubelet again. */
export const back: Happens = async scene =>
  void (await patchNode(scene, { metadata: { labels: { [FAKE_NODE_LABEL.key]: FAKE_NODE_LABEL.value } } }));

const hasEnded = ({ status }: V1Pod): boolean => ["Succeeded", "Failed"].includes(status?.phase ?? "");

/** As `kubectl drain`: resolves when nothing is left there. What a budget protects is tried again. */
async function drain(scene: Scene): Promise<void> {
  await cordon(scene);
  const { core } = scene.operated.cluster.clients;
  const fieldSelector = `spec.nodeName=${scene.node}`;
  await until(`the drain of ${scene.node} to end`, RUN_MILLISECONDS, async () => {
    const { items } = await core.listPodForAllNamespaces({ fieldSelector });
    const left = items.filter(pod => !hasEnded(pod));
    for (const { metadata } of left) {
      const { name, namespace } = metadata!;
      const body = { metadata: { name: name!, namespace: namespace! } };
      const evicted = core.createNamespacedPodEviction({ name: name!, namespace: namespace!, body });
      await ifFound(evicted).catch((error: unknown) => {
        if (statusOf(error) !== 429) throw error;
      });
    }
    return left.length === 0;
  });
}

const deleted: Happens = async ({ operated, node }) =>
  void (await operated.cluster.clients.core.deleteNode({ name: node }));

/** As the documentation of non-graceful node shutdown says: the node is not ready, and people say that it is off. */
async function outOfService(scene: Scene): Promise<void> {
  await notReady(scene);
  const key = "node.kubernetes.io/out-of-service";
  await taint({ key, value: "nodeshutdown", effect: "NoExecute" })(scene);
}

/** Of each event whether the node itself says it; of others only the scheduler does, when a pod looks for a place. */
export const EVENTS = {
  cordon: { happens: cordon, isSaid: true },
  drain: { happens: drain, isSaid: true },
  "not ready": { happens: notReady, isSaid: true },
  deleted: { happens: deleted, isSaid: true },
  "out of service": { happens: outOfService, isSaid: true },
  "spot taint": {
    happens: taint({ key: "aws-node-termination-handler/spot-itn", effect: "NoSchedule" }),
    isSaid: true,
  },
  "full of pods": { happens: takeSlots, isSaid: false },
  "attach limit": { happens: takeAttachments, isSaid: false },
  "volume in another zone": { happens: async () => {}, isSaid: false },
  "taint added": { happens: taint({ key: "dedicated", value: "web", effect: "NoSchedule" }), isSaid: true },
} satisfies Record<string, { happens: Happens; isSaid: boolean }>;

export type EventName = keyof typeof EVENTS;
