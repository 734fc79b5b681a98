/** Changes the world between a decision of the operator's and its write: the proxy delays the write meanwhile. */
import { OPT_IN_LABEL, OPTED_IN, PENDING, TEKTON_PIPELINE_RUN_LABEL } from "../../capabilities/keys";
import type { Delayed } from "../../testbed/fault-proxy/forwarding";
import { Chance } from "../chance";
import { labelOf } from "../objects";
import { strangerBody, type RunBody } from "./bodies";
import type { RunActor } from "./runs";
import type { Stage } from "./stage";

const STRANGER_MILLISECONDS = 4_000;
const PATH = /\/namespaces\/([^/]+)\/(pipelineruns|statefulsets|pods)(?:\/([^/]+))?/;

export class Adversary {
  constructor(
    private readonly stage: Stage,
    private readonly runs: RunActor,
  ) {}

  /** Of the write that is delayed. */
  async meanwhile({ method, path, times }: Delayed): Promise<void> {
    const [, namespace, resource, name] = PATH.exec(path) ?? [];
    if (namespace === undefined || name === undefined) return;
    const chance = new Chance(this.stage.seed, `meanwhile ${method} ${path} ${times}`);
    if (resource === "pipelineruns") await this.#run(chance, namespace, name);
    if (resource === "statefulsets") await this.#statefulSet(chance, method, namespace, name);
    if (resource === "pods") await this.#pod(chance, namespace, name);
  }

  async #run(chance: Chance, namespace: string, name: string): Promise<void> {
    const what = chance.weighted({ nothing: 2, cancel: 2, withdraw: 1, "create again": 2, gate: 3 });
    const body = this.#bodyOf(namespace, name);
    if (what === "nothing") return;
    this.stage.note(`under the operator's write to a run: ${what}`);
    if (what === "cancel") await this.runs.cancel(namespace, name, "Cancelled");
    if (what === "withdraw") await this.runs.withdraw(namespace, name);
    if (what === "create again" && body !== undefined) await this.runs.createAgain(namespace, body);
    if (what === "gate" && body !== undefined) {
      await this.runs.createAgain(namespace, { ...body, spec: { ...body.spec, status: PENDING } });
    }
  }

  /** The run as somebody would create it who has its manifest. */
  #bodyOf(namespace: string, name: string): RunBody | undefined {
    const run = this.stage.live.get("run", namespace, name);
    if (run === undefined) return undefined;
    const { status: _, ...spec } = run.spec as RunBody["spec"];
    const labels = { [OPT_IN_LABEL]: OPTED_IN };
    return {
      ...{ apiVersion: "tekton.dev/v1", kind: "PipelineRun", spec },
      metadata: { name, labels, annotations: choicesOnly(run.metadata?.annotations ?? {}) },
    };
  }

  async #statefulSet(chance: Chance, method: string, namespace: string, name: string): Promise<void> {
    const nothing = method === "DELETE" ? 0 : 4;
    const what = chance.weighted({ nothing, remove: 1, stranger: 5, "create run again": 3 });
    const statefulSet = this.stage.live.get("statefulSet", namespace, name);
    const run = statefulSet && labelOf(statefulSet, TEKTON_PIPELINE_RUN_LABEL);
    const body = run === undefined ? undefined : this.#bodyOf(namespace, run);
    if (what === "nothing") return;
    this.stage.note(`under the operator's write to a placeholder: ${what}`);
    if (what === "create run again" && body !== undefined) await this.runs.createAgain(namespace, body);
    if (what !== "remove" && what !== "stranger") return;
    const { apps } = this.stage.cluster.clients;
    await this.stage.act("placeholder: delete StatefulSet", () =>
      apps.deleteNamespacedStatefulSet({ namespace, name }),
    );
    if (what === "remove") return;
    const made = await this.stage.act("stranger's StatefulSet made", () =>
      apps.createNamespacedStatefulSet({ namespace, body: strangerBody(name) }),
    );
    if (made !== undefined) void this.runs.removeStranger(namespace, name, STRANGER_MILLISECONDS);
  }

  async #pod(chance: Chance, namespace: string, name: string): Promise<void> {
    if (chance.happens(0.5)) return;
    const { core } = this.stage.cluster.clients;
    this.stage.note("under the operator's write to a placeholder's pod: remove");
    await this.stage.act("placeholder: delete pod", () => core.deleteNamespacedPod({ namespace, name }));
  }
}

/** Without what the operator stamped: it would be refused, or stripped. */
const choicesOnly = (annotations: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(annotations).filter(
      ([key]) => key.startsWith("pod-affinity.tekton.dev/") && !/\/(node|run)$/.test(key),
    ),
  );
