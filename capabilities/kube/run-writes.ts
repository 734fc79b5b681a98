/** What is written to runs, and told on them. Every write carries a guard: only a run that we hold, or have placed, is changed. */
import { Log } from "pepr";
import type { Warning } from "../tekton/warning";
import { eventFor } from "./events";
import { annotationsOf, at, JSON_PATCH, type JsonPatch } from "./json-patch";
import {
  ATTEMPTS_ANNOTATION,
  CANCELLED,
  HELD,
  HELD_LABEL,
  LET_GO_ANNOTATION,
  NODE_ANNOTATION,
  OPTED_IN,
  OPT_IN_LABEL,
  PENDING,
  PLACEHOLDER_LABEL,
  ROOT_ANNOTATION,
  WITHIN_ANNOTATION,
  WITHOUT_AFFINITY,
} from "../keys";
import type { KubeClients } from "./client";
import { describeError, refusalOf, statusOf } from "./errors";
import { PIPELINE_RUN_V1, type PipelineRun } from "../tekton/objects";

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
    return this.#patchHeld(run, [unchanged(run), { op: "replace", path: "/spec/status", value: CANCELLED }]);
  }

  /** Ends a run that is under way. Guard: the same run, tied to its placeholder, as it was seen. */
  cancelPlaced(run: PipelineRun): Promise<PipelineRun> {
    return this.#patch(run, [
      {
        op: "test",
        path: at("/metadata/labels", PLACEHOLDER_LABEL),
        value: run.metadata!.labels![PLACEHOLDER_LABEL]!,
      },
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
   * Tells people on the run. The same warning on the same run is one Event, however often it is given. No run depends
   * on it: where its namespace takes no Events (it is being deleted, or has a quota of them), the log has to do.
   *
   * @returns whether it is news
   */
  async warn(run: PipelineRun, warning: Warning, now: Date): Promise<boolean> {
    const body = eventFor(run, warning, now);
    try {
      await this.clients.core.createNamespacedEvent({ namespace: body.metadata.namespace!, body });
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      if (refusalOf(error) === undefined && statusOf(error) !== 404) throw error;
      const { namespace, name } = run.metadata!;
      const { reason, message } = warning;
      Log.warn(
        { run: `${namespace}/${name}`, reason, message, error: describeError(error) },
        "No Event was taken",
      );
      return false;
    }
  }
}

const unchanged = ({ metadata }: PipelineRun): JsonPatch[number] => ({
  op: "test",
  path: "/metadata/resourceVersion",
  value: metadata!.resourceVersion,
});
