/** Carries out what befalls placeholders, nodes and controllers. */
import { setTimeout as delay } from "node:timers/promises";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { ifFound } from "../../testbed/if-found";
import { addNode, FAKE_NODE_LABEL } from "../../testbed/nodes";
import type { ManagedProcess } from "../../testbed/managed-process";
import { OPERATOR_NAMESPACE, RELEASE } from "../../testbed/operator-names";
import type { Disturbance, Loss } from "../plan/disturbances";
import { hasFinished, isLabelledPlaceholder, labelOf } from "../world";
import { JSON_PATCH, type Stage } from "./stage";

export const URGENT = "soak-urgent";
/** How long a pod stays that has preempted others. */
const URGENT_MILLISECONDS = 1_500;
const LEAST_NODES = 9;

const pickOf = <T>(from: readonly T[], pick: number): T | undefined => from[Math.floor(pick * from.length)];

export class Disturber {
  #urgent = 0;

  constructor(private readonly stage: Stage) {}

  async play(disturbance: Disturbance): Promise<void> {
    switch (disturbance.kind) {
      case "placeholder":
        return this.#lose(disturbance.how, disturbance.pick);
      case "cordon":
        return this.#cordon(disturbance.pick, disturbance.milliseconds);
      case "add node": {
        const { name, zone } = disturbance;
        await this.stage.act("node added", () => addNode(this.stage.cluster.clients, { name, zone }));
        return;
      }
      case "remove node":
        return this.#removeNode(disturbance.pick);
      case "kill controller":
        return this.#kill(disturbance.whom);
      case "stop controller":
        return this.#stop(disturbance.whom, disturbance.milliseconds);
      case "kill all controllers":
        return this.#killAll(disturbance.milliseconds);
    }
  }

  /** Of runs whose pods are active, if there are any. */
  #placeholder(pick: number): V1Pod | undefined {
    const pods = this.stage.live.all("pod").filter(pod => labelOf(pod, PLACEHOLDER_LABEL) !== undefined);
    const all = pods.filter(pod => isLabelledPlaceholder(pod) && pod.spec?.nodeName);
    const withPods = all.filter(placeholder =>
      pods.some(
        pod =>
          !isLabelledPlaceholder(pod) &&
          !hasFinished(pod) &&
          pod.metadata!.namespace === placeholder.metadata!.namespace &&
          labelOf(pod, PLACEHOLDER_LABEL) === labelOf(placeholder, PLACEHOLDER_LABEL),
      ),
    );
    return pickOf(withPods, pick) ?? pickOf(all, pick);
  }

  async #lose(how: Loss, pick: number): Promise<void> {
    const pod = this.#placeholder(pick);
    if (pod === undefined) return;
    const { namespace, name } = pod.metadata! as { namespace: string; name: string };
    const { core, apps } = this.stage.cluster.clients;
    await this.stage.act(`placeholder: ${how}`, async () => {
      if (how === "delete pod") await core.deleteNamespacedPod({ namespace, name });
      if (how === "evict pod") {
        const body = { metadata: { namespace, name } };
        await core.createNamespacedPodEviction({ namespace, name, body });
      }
      if (how === "preempt pod") await this.#preempt(pod.spec!.nodeName!);
      if (how === "delete StatefulSet") {
        const statefulSet = labelOf(pod, PLACEHOLDER_LABEL)!;
        await apps.deleteNamespacedStatefulSet({ namespace, name: statefulSet });
      }
    });
  }

  /** Room for it is made by taking away whatever has a lower priority. */
  async #preempt(node: string): Promise<void> {
    const { core } = this.stage.cluster.clients;
    const name = `urgent-${this.#urgent++}`;
    const namespace = "default";
    const resources = { requests: { cpu: "7900m" } };
    await core.createNamespacedPod({
      namespace,
      body: {
        metadata: { name },
        spec: {
          priorityClassName: URGENT,
          nodeSelector: { "kubernetes.io/hostname": node },
          tolerations: [{ operator: "Exists" }],
          containers: [{ name: "c", image: "busybox", resources }],
        },
      },
    });
    await delay(URGENT_MILLISECONDS);
    await ifFound(core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 }));
  }

  #nodes(): V1Node[] {
    return this.stage.live.all("node").filter(node => labelOf(node, FAKE_NODE_LABEL.key) !== undefined);
  }

  async #cordon(pick: number, milliseconds: number): Promise<void> {
    const name = pickOf(
      this.#nodes().filter(({ spec }) => spec?.unschedulable !== true),
      pick,
    )?.metadata?.name;
    if (name === undefined) return;
    await this.stage.act("node cordoned", () => this.#setUnschedulable(name, true));
    await delay(milliseconds);
    await this.stage.act("node uncordoned", () => this.#setUnschedulable(name, false));
  }

  async #setUnschedulable(name: string, value: boolean): Promise<void> {
    const body = [{ op: "add", path: "/spec/unschedulable", value }];
    await this.stage.cluster.clients.core.patchNode({ name, body }, JSON_PATCH);
  }

  async #removeNode(pick: number): Promise<void> {
    const nodes = this.#nodes();
    const name = pickOf(nodes, pick)?.metadata?.name;
    if (name === undefined || nodes.length <= LEAST_NODES) return;
    await this.stage.act("node removed", () => this.stage.cluster.clients.core.deleteNode({ name }));
  }

  async #controller(whom: 0 | 1): Promise<ManagedProcess | undefined> {
    const { coordination } = this.stage.cluster.clients;
    const lease = await ifFound(
      coordination.readNamespacedLease({ namespace: OPERATOR_NAMESPACE, name: RELEASE }),
    );
    const [holder] = (lease?.spec?.holderIdentity ?? "").split("_");
    const processes = this.stage.operator.processes("controller").filter(one => !one.hasExited());
    return processes.find(({ name }) => (name === holder) === (whom === 0));
  }

  async #kill(whom: 0 | 1): Promise<void> {
    const controller = await this.#controller(whom);
    if (controller === undefined) return;
    const which = whom === 0 ? "acting" : "standby";
    await this.stage.act(`${which} controller killed`, () => controller.stop("SIGKILL"));
  }

  async #stop(whom: 0 | 1, milliseconds: number): Promise<void> {
    const controller = await this.#controller(whom);
    if (controller === undefined) return;
    const which = whom === 0 ? "acting" : "standby";
    await this.stage.act(`${which} controller stopped and continued`, async () => {
      process.kill(controller.pid, "SIGSTOP");
      await delay(milliseconds);
      if (!controller.hasExited()) process.kill(controller.pid, "SIGCONT");
    });
  }

  async #killAll(milliseconds: number): Promise<void> {
    await this.stage.act("all controllers killed for a while", async () => {
      await this.stage.operator.stop("controller", "SIGKILL");
      await delay(milliseconds);
      this.stage.operator.kubelet.resume("controller");
    });
  }
}
