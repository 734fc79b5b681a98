/** What is written to runs, and told on them. Every write carries a guard: only a run that we hold, or have placed, is changed. */
import type { Warning } from "../tekton/warning";
import { eventFor, repetitionOf } from "./events";
import { annotationsOf, at, JSON_PATCH, MERGE_PATCH, type JsonPatch } from "./json-patch";
import {
  ATTEMPTS_ANNOTATION,
  CANCELLED,
  HELD,
  HELD_LABEL,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
  NODE_LABEL,
  OPTED_IN,
  OPT_IN_LABEL,
  PENDING,
  PHASE,
  PHASE_LABEL,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  WITHIN_ANNOTATION,
  WITHOUT_AFFINITY,
} from "../keys";
import { nodeLabel, placeholderName } from "../placement/names";
import type { KubeClients } from "./client";
import { statusOf } from "./errors";
import { PIPELINE_RUN_V1, type PipelineRun } from "../tekton/objects";

/** Tied to its placeholder. */
const placed = ({ metadata }: PipelineRun): JsonPatch[number] => ({
  op: "test",
  path: at("/metadata/labels", PLACEHOLDER_LABEL),
  value: placeholderName(metadata!.name!),
});

export class RunWrites {
  constructor(private readonly clients: Pick<KubeClients, "core" | "custom">) {}

  /**
   * Guard: the same run, still held by us and still opted in.
   *
   * @param topologyKey what the run's pods are placed within, as it was decided when the placeholder was made
   * @returns the run as it is then
   */
  release(
    run: PipelineRun,
    { placeholder, node, topologyKey }: { placeholder: string; node: string; topologyKey: string },
  ): Promise<PipelineRun> {
    return this.#patchHeld(run, [
      { op: "test", path: at("/metadata/labels", OPT_IN_LABEL), value: OPTED_IN },
      { op: "add", path: at("/metadata/labels", PLACEHOLDER_LABEL), value: placeholder },
      phase(PHASE.placed),
      { op: "add", path: at("/metadata/labels", NODE_LABEL), value: nodeLabel(node) },
      ...annotationsOf(run),
      { op: "add", path: at("/metadata/annotations", NODE_ANNOTATION), value: node },
      { op: "add", path: at("/metadata/annotations", ROOT_ANNOTATION), value: run.metadata!.name! },
      { op: "add", path: at("/metadata/annotations", WITHIN_ANNOTATION), value: topologyKey },
      { op: "remove", path: "/spec/status" },
    ]);
  }

  /** Starts the run without affinity. Guard: the same run, held by us, its opt-in as it was seen. */
  letGo(run: PipelineRun): Promise<PipelineRun> {
    return this.#patchHeld(run, [
      unchanged(run),
      ...annotationsOf(run),
      { op: "add", path: at("/metadata/annotations", LET_GO_ANNOTATION), value: WITHOUT_AFFINITY },
      phase(PHASE.withoutAffinity),
      { op: "remove", path: "/spec/status" },
    ]);
  }

  /** Notes who works on the run, see controller/attempts.ts. Guard: the same run, held by us, as it was seen. */
  noteAttempts(run: PipelineRun, attempts: string): Promise<PipelineRun> {
    return this.#patchHeld(run, [
      unchanged(run),
      ...annotationsOf(run),
      { op: "add", path: at("/metadata/annotations", ATTEMPTS_ANNOTATION), value: attempts },
    ]);
  }

  /** Ends the run, of which nothing has started. Guard: the same run, held by us, its choices as they were seen. */
  cancel(run: PipelineRun): Promise<PipelineRun> {
    return this.#patchHeld(run, [
      unchanged(run),
      phase(PHASE.cancelled),
      { op: "replace", path: "/spec/status", value: CANCELLED },
    ]);
  }

  /** Notes where a placed run stands, after a move or when Tekton has set it back. Guard: the same run, tied to that placeholder. */
  noteNode(run: PipelineRun, node: string): Promise<PipelineRun> {
    return this.#patch(run, [
      placed(run),
      phase(PHASE.placed),
      ...annotationsOf(run),
      { op: "add", path: at("/metadata/annotations", NODE_ANNOTATION), value: node },
      { op: "add", path: at("/metadata/labels", NODE_LABEL), value: nodeLabel(node) },
    ]);
  }

  /** Ends a run that is under way. Guard: the same run, tied to its placeholder, as it was seen. */
  cancelPlaced(run: PipelineRun): Promise<PipelineRun> {
    return this.#patch(run, [
      placed(run),
      unchanged(run),
      { op: "add", path: "/spec/status", value: CANCELLED },
    ]);
  }

  #patchHeld(run: PipelineRun, changes: JsonPatch): Promise<PipelineRun> {
    return this.#patch(run, [
      { op: "test", path: at("/metadata/labels", HELD_LABEL), value: HELD },
      { op: "test", path: "/spec/status", value: PENDING },
      ...changes,
    ]);
  }

  async #patch(run: PipelineRun, changes: JsonPatch): Promise<PipelineRun> {
    const { namespace, name, uid } = run.metadata!;
    const body: JsonPatch = [{ op: "test", path: "/metadata/uid", value: uid }, ...changes];
    return this.clients.custom.patchNamespacedCustomObject(
      { ...PIPELINE_RUN_V1, namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
  }

  /**
   * Tells people on the run. The same warning on the same run is one Event, however often it is given.
   *
   * @param reporter name of this process
   * @returns whether it is news
   */
  async warn(run: PipelineRun, warning: Warning, now: Date, reporter: string): Promise<boolean> {
    const body = eventFor(run, warning, now, reporter);
    try {
      await this.clients.core.createNamespacedEvent({ namespace: body.metadata.namespace!, body });
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      throw error;
    }
  }

  /**
   * What was told goes on: the same Event says how often it was seen, when last, and in the words of now.
   *
   * @param count how often, this time included; undefined when another process has told it first: then it is read
   * @returns how often
   * @throws ApiException with code 404 when the Event is no longer kept
   */
  async repeat(
    run: PipelineRun,
    warning: Warning,
    count: number | undefined,
    now: Date,
    reporter: string,
  ): Promise<number> {
    const { namespace, name } = eventFor(run, warning, now, reporter).metadata;
    const where = { namespace: namespace!, name: name! };
    const next = count ?? (await this.#timesTold(where)) + 1;
    const body = repetitionOf(warning.message, next, now);
    await this.clients.core.patchNamespacedEvent({ ...where, body }, MERGE_PATCH);
    return next;
  }

  async #timesTold({ namespace, name }: { namespace: string; name: string }): Promise<number> {
    const fieldSelector = `metadata.name=${name}`;
    const { items } = await this.clients.core.listNamespacedEvent({ namespace, fieldSelector });
    return items[0]?.series?.count ?? 1;
  }
}

const phase = (value: string): JsonPatch[number] => ({
  op: "add",
  path: at("/metadata/labels", PHASE_LABEL),
  value,
});

const unchanged = ({ metadata }: PipelineRun): JsonPatch[number] => ({
  op: "test",
  path: "/metadata/resourceVersion",
  value: metadata!.resourceVersion,
});
