/** What tests of one run among a real node and a fake one share: where its pods may go, and what is seen of them. */
import type { V1Pod, V1Toleration } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import type { KubeletChoices } from "../../testbed/real-node/kubelet";
import { until } from "../../testbed/until";
import { Fit } from "../fit/fixture";
import { run } from "../operated-cluster";
import { podsOf } from "../pods";
import { TEST_MILLISECONDS, type Stage } from "./on-real-node";

/** The key of a taint. */
export const UNREACHABLE = "node.kubernetes.io/unreachable";

export const isRunning = ({ status }: V1Pod): boolean => status?.phase === "Running";

/** Pods of the run go where the label is, which a test puts on one node after the other. */
export const placed = (nodeSelector: Record<string, string>, ...tolerations: V1Toleration[]) => ({
  taskRunTemplate: {
    podTemplate: { nodeSelector, tolerations: [...ON_REAL_NODE.tolerations, ...tolerations] },
  },
});

export class Scene {
  constructor(
    readonly stage: Stage,
    readonly namespace: string,
  ) {}

  get core() {
    return this.stage.operated.cluster.clients.core;
  }

  get fit(): Fit {
    return new Fit(this.stage.operated);
  }

  async begin(tasks: object[], spec: object, labels: Record<string, string> = {}): Promise<void> {
    const { operated } = this.stage;
    await operated.createNamespace(this.namespace, labels);
    await operated.apply(this.namespace, [run("build", tasks, {}, spec)]);
  }

  label(node: string, labels: Record<string, string>): Promise<unknown> {
    return this.core.patchNode({ name: node, body: { metadata: { labels } } }, MERGE_PATCH);
  }

  placeholder(): V1Pod | undefined {
    return this.stage.operated.history.now("pod", this.namespace).find(isPlaceholderPod);
  }

  /** Whatever became of them since. */
  seen(holds: (pod: V1Pod) => boolean): V1Pod | undefined {
    return this.stage.operated.history.first("pod", this.namespace, holds)?.object;
  }

  async untilPlaceholderRuns(except?: V1Pod): Promise<V1Pod> {
    return until("the placeholder to run", TEST_MILLISECONDS, async () => {
      const pod = this.placeholder();
      return pod && pod.metadata!.uid !== except?.metadata!.uid && isRunning(pod) && pod;
    });
  }

  async untilPlaceholderOn(node: string): Promise<void> {
    await until(`the placeholder on ${node}`, TEST_MILLISECONDS, async () => {
      return this.placeholder()?.spec?.nodeName === node;
    });
  }

  /** A pod of a task. */
  untilRunning(node = REAL_NODE): Promise<V1Pod> {
    return until(`a pod in ${this.namespace} to run on ${node}`, TEST_MILLISECONDS, async () =>
      podsOf(this.stage.operated, this.namespace).find(pod => isRunning(pod) && pod.spec!.nodeName === node),
    );
  }

  /** By what Kubernetes says when it has heard nothing of a kubelet for its time. */
  async untilLost(node = REAL_NODE): Promise<void> {
    await until(`${node} to be seen as lost`, TEST_MILLISECONDS, async () => {
      const { spec } = await this.core.readNode({ name: node });
      return spec?.taints?.some(({ key }) => key === UNREACHABLE);
    });
  }

  /** With another kubelet on the real node, which is as before then: what it says of itself included. */
  async withKubelet(choices: KubeletChoices, work: () => Promise<void>): Promise<void> {
    const { node } = this.stage;
    await node.stopKubelet();
    try {
      await node.startKubelet(choices);
      await work();
    } finally {
      await node.stopKubelet();
      await node.startKubelet();
      await until(`${REAL_NODE} to be without taints of Kubernetes' own`, TEST_MILLISECONDS, async () => {
        const { spec } = await this.core.readNode({ name: REAL_NODE });
        return !spec?.taints?.some(({ key }) => key.startsWith("node.kubernetes.io/"));
      });
    }
  }
}
