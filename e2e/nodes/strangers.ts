/** What others take of a node: its slots for pods, its attachments; and volumes that are elsewhere. */
import type { KubernetesObject, V1Pod } from "@kubernetes/client-node";
import { applyObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { RUN_MILLISECONDS } from "../operated-cluster";
import type { Scene } from "./events";

const DRIVER = "csi.testbed.example";
const GIB = { storage: "1Gi" };
/** Of the node that the run is on. */
export const SLOTS = 3;

const strangerOn = (node: string, name: string, claim?: string): V1Pod => ({
  metadata: { name },
  spec: {
    nodeSelector: { "kubernetes.io/hostname": node },
    containers: [{ name: "c", image: "pause" }],
    ...(claim !== undefined && { volumes: [{ name: "v", persistentVolumeClaim: { claimName: claim } }] }),
  },
});

/** More than have room, so that each slot that is given free has its taker. */
export async function takeSlots({ operated, namespace, node }: Scene): Promise<void> {
  const { core } = operated.cluster.clients;
  for (let index = 0; index < SLOTS + 1; index++) {
    await core.createNamespacedPod({ namespace, body: strangerOn(node, `stranger-${index}`) });
  }
  await until(`${node} to be full`, RUN_MILLISECONDS, async () => {
    const { items } = await core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${node}` });
    return (
      items.filter(({ status }) => !["Succeeded", "Failed"].includes(status?.phase ?? "")).length >= SLOTS
    );
  });
}

interface VolumeOptions {
  namespace: string;
  name: string;
  /** Default: it may be used anywhere. */
  zone?: string;
}

/** A volume of a CSI driver, and the claim that is bound to it. */
const csiClaim = ({ namespace, name, zone }: VolumeOptions): object[] => {
  const volume = `${namespace}-${name}`;
  const expression = { key: "topology.kubernetes.io/zone", operator: "In", values: [zone] };
  const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } };
  const common = { accessModes: ["ReadWriteOnce"], storageClassName: "" };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: volume },
      spec: {
        ...common,
        capacity: GIB,
        csi: { driver: DRIVER, volumeHandle: volume },
        ...(zone !== undefined && { nodeAffinity }),
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace },
      spec: { ...common, volumeName: volume, resources: { requests: GIB } },
    },
  ];
};

export async function applyClaim({ cluster }: Scene["operated"], of: VolumeOptions): Promise<void> {
  await applyObjects(cluster.kubeconfigFile, csiClaim(of) as KubernetesObject[]);
}

/** The node takes one volume, and a stranger has that. */
export async function takeAttachments({ operated, namespace, node }: Scene): Promise<void> {
  const { core, storage } = operated.cluster.clients;
  const { metadata } = await core.readNode({ name: node });
  const owner = { apiVersion: "v1", kind: "Node", name: node, uid: metadata!.uid! };
  const driver = { name: DRIVER, nodeID: node, topologyKeys: [], allocatable: { count: 1 } };
  const body = { metadata: { name: node, ownerReferences: [owner] }, spec: { drivers: [driver] } };
  await storage.createCSINode({ body });
  await applyClaim(operated, { namespace, name: "of-stranger" });
  await core.createNamespacedPod({ namespace, body: strangerOn(node, "stranger", "of-stranger") });
  await until(`the stranger's volume to be on ${node}`, RUN_MILLISECONDS, async () => {
    const pod = await core.readNamespacedPod({ namespace, name: "stranger" });
    return pod.spec?.nodeName === node;
  });
}
