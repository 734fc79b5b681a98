/** Kills, stops and continues the operator's controllers, and takes their Lease. */
import { setTimeout as delay } from "node:timers/promises";
import { V1MicroTime } from "@kubernetes/client-node";
import { MERGE_PATCH } from "../../capabilities/kube/json-patch";
import { ifFound } from "../../testbed/if-found";
import type { ManagedProcess } from "../../testbed/managed-process";
import { OPERATOR_NAMESPACE, RELEASE } from "../../testbed/operator-names";
import type { Stage } from "./stage";

export class ControllerActor {
  constructor(private readonly stage: Stage) {}

  /** @param whom 0 is the one that holds the Lease, 1 the other */
  async #controller(whom: 0 | 1): Promise<ManagedProcess | undefined> {
    const { coordination } = this.stage.cluster.clients;
    const lease = await ifFound(
      coordination.readNamespacedLease({ namespace: OPERATOR_NAMESPACE, name: RELEASE }),
    );
    const [holder] = (lease?.spec?.holderIdentity ?? "").split("_");
    const processes = this.stage.operator.processes("controller").filter(one => !one.hasExited());
    return processes.find(({ name }) => (name === holder) === (whom === 0));
  }

  async kill(whom: 0 | 1): Promise<void> {
    const controller = await this.#controller(whom);
    if (controller === undefined) return;
    const which = whom === 0 ? "acting" : "standby";
    await this.stage.act(`${which} controller killed`, () => controller.stop("SIGKILL"));
  }

  async stop(whom: 0 | 1, milliseconds: number): Promise<void> {
    const controller = await this.#controller(whom);
    if (controller === undefined) return;
    const which = whom === 0 ? "acting" : "standby";
    await this.stage.act(`${which} controller stopped and continued`, async () => {
      process.kill(controller.pid, "SIGSTOP");
      await delay(milliseconds);
      if (!controller.hasExited()) process.kill(controller.pid, "SIGCONT");
    });
  }

  /** The one that acts loses it at its next renewal; one of the two has it again, often the same, with work under way. */
  async takeLease(milliseconds: number): Promise<void> {
    await this.stage.act("Lease taken for a while", async () => {
      await this.#writeHolder("somebody-else");
      await delay(milliseconds);
      await this.#writeHolder("");
    });
  }

  #writeHolder(holderIdentity: string): Promise<unknown> {
    const { coordination } = this.stage.cluster.clients;
    const body = { spec: { holderIdentity, renewTime: new V1MicroTime() } };
    const lease = { namespace: OPERATOR_NAMESPACE, name: RELEASE, body };
    return coordination.patchNamespacedLease(lease, MERGE_PATCH);
  }

  async killAll(milliseconds: number): Promise<void> {
    await this.stage.act("all controllers killed for a while", async () => {
      await this.stage.operator.stop("controller", "SIGKILL");
      await delay(milliseconds);
      this.stage.operator.kubelet.resume("controller");
    });
  }
}
