/** Carries out what befalls placeholders and nodes, and hands on what befalls controllers. */
import { setTimeout as delay } from "node:timers/promises";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { JSON_PATCH } from "../../capabilities/kube/json-patch";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { ifFound } from "../../testbed/if-found";
import { addNode, FAKE_NODE_LABEL } from "../../testbed/nodes";
import type { Disturbance } from "../plan/disturbances";
import { hasFinished, isLabelledPlaceholder, labelOf } from "../objects";
import { ControllerActor } from "./controllers";
import type { Stage } from "./stage";

export const URGENT = "soak-urgent";
/** How long a pod stays that has preempted others. */
const URGENT_MILLISECONDS = 1_500;
const LEAST_NODES = 9;

const pickOf = <T>(from: readonly T[], pick: number): T | undefined => from[Math.floor(pick * from.length)];

type PlaceholderLoss = Extract<Disturbance, { kind: "placeholder" }>;

export class Disturber {
  readonly #controllers: ControllerActor;
  #urgent = 0;

  constructor(private readonly stage: Stage) {
    this.#controllers = new ControllerActor(stage);
  }

  async play(disturbance: Disturbance): Promise<void> {
    switch (disturbance.kind) {
      case "placeholder":
        return this.#lose(disturbance);
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
        return this.#controllers.kill(disturbance.whom);
      case "stop controller":
        return this.#controllers.stop(disturbance.whom, disturbance.milliseconds);
      case "take Lease":
        return this.#controllers.takeLease(disturbance.milliseconds);
      case "kill all controllers":
        return this.#controllers.killAll(disturbance.milliseconds);
    }
  }

  #placeholder(pick: number, anyone: boolean): V1Pod | undefined {
    const pods = this.stage.live.all("pod").filter(pod => labelOf(pod, PLACEHOLDER_LABEL) !== undefined);
    const all = pods.filter(pod => isLabelledPlaceholder(pod) && pod.spec?.nodeName);
    if (anyone) return pickOf(all, pick);
    const withPods = all.filter(placeholder =>
      pods.some(
        pod =>
          !isLabelledPlaceholder(pod) &&
          !hasFinished(pod) &&
          pod.metadata!.namespace === placeholder.metadata!.namespace &&
          labelOf(pod, PLACEHOLDER_LABEL) === labelOf(placeholder, PLACEHOLDER_LABEL),
      ),
    );
    return pickOf(withPods, pick);
  }

  async #lose({ how, pick, anyone }: PlaceholderLoss): Promise<void> {
    const pod = this.#placeholder(pick, anyone);
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
}
