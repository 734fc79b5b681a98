/** Plays what the plan says about one run: people, and the other gates. */
import { setTimeout as delay } from "node:timers/promises";
import { at, JSON_PATCH } from "../../capabilities/kube/json-patch";
import { OPT_IN_LABEL, PENDING } from "../../capabilities/keys";
import { PIPELINE_RUN_V1, type PipelineRun } from "../../capabilities/tekton/objects";
import { statusOf } from "../../capabilities/kube/errors";
import { Chance } from "../chance";
import type { PlannedRun } from "../plan/runs";
import { runBody, strangerOf, type Recordings, type RunBody } from "./bodies";
import { hasCome } from "./moments";
import type { Stage } from "./stage";

const MOMENT_MILLISECONDS = 20_000;
const CREATE_AGAIN_MILLISECONDS = 15_000;
const CREATE_AGAIN_PAUSE_MILLISECONDS = 50;

export class RunActor {
  constructor(
    private readonly stage: Stage,
    private readonly recordings: Recordings,
  ) {}

  async play(planned: PlannedRun): Promise<void> {
    const { namespace, name, gateMilliseconds, strangerMilliseconds, delay: pause } = planned;
    if (strangerMilliseconds !== undefined) await this.#stranger(namespace, name, strangerMilliseconds);
    const body = runBody(planned, this.recordings, gateMilliseconds !== undefined);
    const run = await this.create(namespace, body);
    if (run === undefined) return;
    if (gateMilliseconds !== undefined) {
      await delay(gateMilliseconds);
      await this.lift(namespace, name, "another gate lets its run go");
    }
    if (planned.fate === "finish") return;
    await this.stage.live.holds(() => hasCome(planned.moment, planned, this.stage.live), MOMENT_MILLISECONDS);
    await delay(pause);
    await this.#meet(planned, body);
  }

  async create(namespace: string, body: RunBody): Promise<PipelineRun | undefined> {
    const [group, version] = body.apiVersion.split("/") as [string, string];
    const { custom } = this.stage.cluster.clients;
    return this.stage.act("run created", () =>
      custom.createNamespacedCustomObject({ group, version, plural: "pipelineruns", namespace, body }),
    );
  }

  async #meet(planned: PlannedRun, body: RunBody): Promise<void> {
    const { namespace, name, fate, cancellation } = planned;
    switch (fate) {
      case "finish":
        return;
      case "cancel":
        return this.cancel(namespace, name, cancellation);
      case "delete":
        return this.delete(namespace, name);
      case "create again":
        return this.createAgain(namespace, body);
      case "withdraw":
        return this.withdraw(namespace, name);
      case "lift":
        return this.lift(namespace, name, "another gate clears the operator's Pending");
    }
  }

  async #stranger(namespace: string, name: string, milliseconds: number): Promise<void> {
    const { apps } = this.stage.cluster.clients;
    const body = strangerOf(name);
    const made = await this.stage.act("stranger's StatefulSet made", () =>
      apps.createNamespacedStatefulSet({ namespace, body }),
    );
    if (made !== undefined) void this.removeStranger(namespace, body.metadata!.name!, milliseconds);
  }

  async removeStranger(namespace: string, name: string, milliseconds: number): Promise<void> {
    await delay(milliseconds);
    const { apps } = this.stage.cluster.clients;
    await this.stage.act("stranger's StatefulSet removed", () =>
      apps.deleteNamespacedStatefulSet({ namespace, name }),
    );
  }

  async #patch(what: string, namespace: string, name: string, body: object[]): Promise<void> {
    const target = { ...PIPELINE_RUN_V1, namespace, name, body };
    const { custom } = this.stage.cluster.clients;
    await this.stage.act(what, () => custom.patchNamespacedCustomObject(target, JSON_PATCH));
  }

  cancel(namespace: string, name: string, how: string): Promise<void> {
    return this.#patch(`run cancelled (${how})`, namespace, name, [
      { op: "add", path: "/spec/status", value: how },
    ]);
  }

  lift(namespace: string, name: string, what: string): Promise<void> {
    return this.#patch(what, namespace, name, [
      { op: "test", path: "/spec/status", value: PENDING },
      { op: "remove", path: "/spec/status" },
    ]);
  }

  withdraw(namespace: string, name: string): Promise<void> {
    const chance = new Chance(this.stage.seed, `withdraw ${namespace}/${name}`);
    const op = chance.happens(0.5) ? { op: "replace", value: "false" } : { op: "remove" };
    return this.#patch("opt-in withdrawn", namespace, name, [
      { path: at("/metadata/labels", OPT_IN_LABEL), ...op },
    ]);
  }

  async delete(namespace: string, name: string): Promise<void> {
    const chance = new Chance(this.stage.seed, `delete ${namespace}/${name}`);
    const propagationPolicy = chance.weighted({ Background: 70, Foreground: 20, Orphan: 10 });
    const target = { ...PIPELINE_RUN_V1, namespace, name, propagationPolicy };
    const { custom } = this.stage.cluster.clients;
    await this.stage.act(`run deleted (${propagationPolicy})`, () =>
      custom.deleteNamespacedCustomObject(target),
    );
  }

  /** At once, or as soon as the name is free. */
  async createAgain(namespace: string, body: RunBody): Promise<void> {
    const { name } = body.metadata;
    await this.delete(namespace, name);
    const { custom } = this.stage.cluster.clients;
    const [group, version] = body.apiVersion.split("/") as [string, string];
    const deadline = Date.now() + CREATE_AGAIN_MILLISECONDS;
    await this.stage.act("run created again under its name", async () => {
      for (;;) {
        try {
          const target = { group, version, plural: "pipelineruns", namespace, body };
          return await custom.createNamespacedCustomObject(target);
        } catch (error) {
          if (statusOf(error) !== 409 || Date.now() > deadline) throw error;
          await delay(CREATE_AGAIN_PAUSE_MILLISECONDS);
        }
      }
    });
  }
}
