/** Reads what `why` is answered from. Get and list alone; what may not be read is noted. */
import type { V1Node } from "@kubernetes/client-node";
import {
  APP_NAME,
  APP_NAME_LABEL,
  COMPONENT_LABEL,
  FEATURE_FLAGS,
  HELD,
  HELD_LABEL,
  PLACEHOLDER_LABEL,
  PLACEHOLDER_SELECTOR,
} from "../../capabilities/keys";
import { describeError, ifThere, statusOf } from "../../capabilities/kube/errors";
import { flagsOf } from "../../capabilities/kube/feature-flags";
import { hasWorkload } from "../../capabilities/kube/workloads";
import type { Observed } from "../../capabilities/phases/observed";
import { dependsOnQueue } from "../../capabilities/phases/other-gate";
import { phaseOf, stageOf } from "../../capabilities/phases/phase";
import { isAboutMissingPod } from "../../capabilities/phases/refusal";
import { nextStep } from "../../capabilities/phases/table";
import { summaryOf } from "../../capabilities/placement/never-fits";
import { placeholderName, placeholderPodName } from "../../capabilities/placement/names";
import { rootRunOf } from "../../capabilities/store/root-run";
import { isChild, PIPELINE_RUN_V1, type PipelineRun } from "../../capabilities/tekton/objects";
import { asText, type RunKey } from "../../capabilities/tekton/run-key";
import type { Connection } from "../connection";
import { Notes } from "../connection";
import { Lists } from "../lists";
import { statesOf } from "../node-words";
import type { Neighbour, RunFacts } from "./facts";
import { queueOf, type Queue } from "./queue";
import { SETTINGS } from "./settings";
import { toldEvent, type ToldEvent } from "./told-event";

/** Runs that were marked as held and were not let go to a placeholder: few, beside all that ever were. */
export const UNPLACED = `${HELD_LABEL}=${HELD},!${PLACEHOLDER_LABEL}`;
const CONTROLLERS = `${APP_NAME_LABEL}=${APP_NAME},${COMPONENT_LABEL}=controller`;

async function readRun({ clients }: Connection, { namespace, name }: RunKey): Promise<PipelineRun> {
  const read = clients.custom.getNamespacedCustomObject({ ...PIPELINE_RUN_V1, namespace, name });
  try {
    return (await read) as PipelineRun;
  } catch (error) {
    if (statusOf(error) === 404) {
      throw new Error(
        `there is no PipelineRun ${namespace}/${name}: kubectl get pipelineruns -n ${namespace}`,
      );
    }
    throw new Error(`PipelineRun ${namespace}/${name} could not be read: ${describeError(error)}`);
  }
}

class Reader {
  readonly #lists: Lists;
  readonly notes = new Notes();
  isPartial = false;

  constructor(
    private readonly connection: Connection,
    private readonly run: PipelineRun,
  ) {
    this.#lists = new Lists(connection.clients);
  }

  get #namespace(): string {
    return this.run.metadata!.namespace!;
  }

  async observed(): Promise<Observed> {
    const { notes } = this;
    const name = placeholderName(this.run.metadata!.name!);
    const namespace = this.#namespace;
    const belongs = { namespace, labelSelector: `${PLACEHOLDER_LABEL}=${name}` };
    const { apps, core } = this.connection.clients;
    const [statefulSet, pods, taskRuns, children, flags] = await Promise.all([
      notes.ifAllowed(
        "StatefulSets",
        "the placeholder is not known",
        ifThere(apps.readNamespacedStatefulSet({ namespace, name })).then(found => found ?? null),
      ),
      notes.ifAllowed("pods", "pods and nodes are not known", this.#lists.pods(belongs)),
      notes.ifAllowed(
        "TaskRuns",
        "what of the run is still to come is not known",
        this.#lists.taskRuns(belongs),
      ),
      notes.ifAllowed("PipelineRuns of the namespace", "child runs are not known", this.#lists.runs(belongs)),
      // Not everybody may read what is in Tekton's namespace. The controller tells of an assistant that is on.
      ifThere(
        core.readNamespacedConfigMap({ namespace: SETTINGS.TEKTON_NAMESPACE, name: FEATURE_FLAGS }),
      ).catch(() => undefined),
    ]);
    // Else it is null: there is none.
    this.isPartial = statefulSet === undefined || pods === undefined;
    return {
      run: this.run,
      statefulSet: statefulSet ?? undefined,
      pods: pods ?? [],
      taskRuns: taskRuns ?? [],
      customRuns: [],
      children: (children ?? []).filter(isChild),
      ...(flags === undefined ? { coschedule: "disabled" } : flagsOf(flags)),
      ...(await this.#queued()),
    };
  }

  /** Asked only where nothing else tells it. */
  async #queued(): Promise<Pick<Observed, "isQueued">> {
    if (!dependsOnQueue(this.run, SETTINGS.GATE_LABELS)) return {};
    const read = hasWorkload(this.connection.clients, this.run);
    const isQueued = await this.notes.ifAllowed(
      "Workloads",
      "whether a queue has the run is not known",
      read,
    );
    return isQueued === undefined ? {} : { isQueued };
  }

  /** By name, as what they are about may be gone; those of an earlier run of the name are left out. */
  async events(): Promise<ToldEvent[]> {
    const name = this.run.metadata!.name!;
    const since = new Date(this.run.metadata!.creationTimestamp ?? 0).getTime();
    const about = [
      { kind: "PipelineRun", name },
      { kind: "StatefulSet", name: placeholderName(name) },
      { kind: "Pod", name: placeholderPodName(name) },
    ];
    const found = await Promise.all(
      about.map(({ kind, name }) => {
        const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
        const read = this.#lists.events({ namespace: this.#namespace, fieldSelector });
        return this.notes.ifAllowed("Events", "what was told is not known", read);
      }),
    );
    return found
      .flatMap(events => events ?? [])
      .map(toldEvent)
      .filter(({ first }) => first.getTime() >= since);
  }

  nodes(): Promise<V1Node[] | undefined> {
    const without = "whether its node takes pods, and whether any is large enough, is not known";
    return this.notes.ifAllowed("nodes", without, this.#lists.nodes());
  }

  async queue(): Promise<Queue | undefined> {
    if (stageOf(this.run) !== "held") return undefined;
    const without = "its place in the queue is that in its namespace alone";
    const which = { labelSelector: UNPLACED };
    const all = await this.notes.ifAllowed(
      "PipelineRuns of all namespaces",
      without,
      this.#lists.runs(which),
    );
    if (all !== undefined) return queueOf(this.run, all, "cluster");
    const read = this.#lists.runs({ ...which, namespace: this.#namespace });
    const own = await this.notes.ifAllowed("PipelineRuns of the namespace", "its place is not known", read);
    return own && queueOf(this.run, own, "namespace");
  }

  /** Runs that have a node, where that is what this one waits for. */
  async neighbours(observed: Observed): Promise<Neighbour[]> {
    if (phaseOf(observed) !== "looking") return [];
    const read = this.#lists.pods({ labelSelector: PLACEHOLDER_SELECTOR });
    const pods = await this.notes.ifAllowed(
      "pods of all namespaces",
      "which runs have a node is not known",
      read,
    );
    return (pods ?? []).flatMap(pod => {
      const run = rootRunOf(pod);
      const node = pod.spec?.nodeName;
      return run === undefined || !node ? [] : [{ run: asText(run), node }];
    });
  }

  /** Asked only where nothing but the controller is waited for; what is installed otherwise is not found. */
  async controllersReady(observed: Observed): Promise<number | undefined> {
    if (stageOf(this.run) !== "held") return undefined;
    if (nextStep(observed, SETTINGS, new Date()).kind === "wait") return undefined;
    const pods = await this.#lists.pods({ labelSelector: CONTROLLERS }).catch(() => []);
    if (pods.length === 0) return undefined;
    return pods.filter(({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
    ).length;
  }
}

/** In the StatefulSet controller's words, why the pod that is missing was refused. */
export function podRefusalIn(events: readonly ToldEvent[], observed: Observed): string | undefined {
  return events
    .filter(({ about, reason }) => about === "StatefulSet" && reason === "FailedCreate")
    .filter(({ last }) => isAboutMissingPod(last, observed))
    .sort((one, other) => other.last.getTime() - one.last.getTime())[0]?.message;
}

/** @throws Error when the run is not there, or the API server does not answer */
export async function readFacts(connection: Connection, key: RunKey): Promise<RunFacts> {
  const run = await readRun(connection, key);
  const reader = new Reader(connection, run);
  const [seen, events, nodes, queue] = await Promise.all([
    reader.observed(),
    reader.events(),
    reader.nodes(),
    reader.queue(),
  ]);
  const podRefusal = podRefusalIn(events, seen);
  const observed: Observed = { ...seen };
  if (podRefusal !== undefined) observed.podRefusal = podRefusal;
  if (nodes !== undefined) observed.nodeStates = statesOf(seen.pods, nodes);
  const [neighbours, controllersReady] = await Promise.all([
    reader.neighbours(observed),
    reader.controllersReady(observed),
  ]);
  return {
    ...{ run, observed, events, neighbours },
    ...(nodes && { nodes: nodes.map(summaryOf) }),
    ...(queue && { queue }),
    ...(controllersReady !== undefined && { controllersReady }),
    isPartial: reader.isPartial,
    notes: reader.notes.all,
  };
}
