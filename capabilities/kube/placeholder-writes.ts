/** What is written to placeholders. Every write carries a guard: nothing but what was seen is changed. */
import type { V1Pod, V1PodSpec, V1ResourceRequirements, V1StatefulSet } from "@kubernetes/client-node";
import { ownContainer, ownContainerIndex } from "../room/placeholder-size";
import { firstPodOf } from "../placement/first-pod";
import type { TemplateChange } from "../placement/placeholder-template";
import { recordOf, type PlaceholderRecord } from "../placement/record";
import { maximum, type Resources } from "../demand/resources";
import type { Reservation } from "../room/reservation";
import { annotationsOf, at, JSON_PATCH, type JsonPatch } from "./json-patch";
import { PLACEHOLDER_COMPONENT, RECORD_ANNOTATION, RESERVATION_ANNOTATION } from "../keys";
import type { KubeClients } from "./client";
import { refusalOf, statusOf } from "./errors";

export class PlaceholderWrites {
  constructor(private readonly clients: Pick<KubeClients, "apps" | "core">) {}

  /**
   * Guard: the name. A second one of the same name cannot be made.
   *
   * @returns the StatefulSet, or why the API server would not take it
   */
  async create(statefulSet: V1StatefulSet): Promise<V1StatefulSet | { refusal: string }> {
    const namespace = statefulSet.metadata!.namespace!;
    try {
      return await this.clients.apps.createNamespacedStatefulSet({ namespace, body: statefulSet });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return { refusal };
    }
  }

  /**
   * Guard: the name, and the StatefulSet by its UID, without which the pod is collected.
   *
   * @returns the pod, why the API server would not take it, or that there is one
   */
  async createPod(
    statefulSet: V1StatefulSet,
  ): Promise<{ pod: V1Pod } | { refusal: string } | { isThere: true }> {
    const body = firstPodOf(statefulSet);
    try {
      return {
        pod: await this.clients.core.createNamespacedPod({ namespace: body.metadata!.namespace!, body }),
      };
    } catch (error) {
      if (statusOf(error) === 409) return { isThere: true };
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return { refusal };
    }
  }

  /**
   * Guard: the StatefulSet is the one that was seen, its spec as it was.
   *
   * @param reservation what it keeps from now on, if that changes
   * @returns the StatefulSet as it is then
   */
  async changeTemplate(
    statefulSet: V1StatefulSet,
    { affinity, resources, record, volumes }: TemplateChange,
    reservation?: Reservation,
  ): Promise<V1StatefulSet> {
    const container = pathOfContainer("/spec/template/spec", statefulSet.spec?.template.spec);
    const changes: JsonPatch = [
      { op: "test", path: `${container}/name`, value: PLACEHOLDER_COMPONENT },
      { op: "add", path: "/spec/template/spec/affinity", value: affinity },
      { op: "add", path: `${container}/resources`, value: resources },
      ...annotationsOf(statefulSet),
      recorded(record),
    ];
    if (volumes !== undefined) {
      changes.push({ op: "add", path: "/spec/template/spec/volumes", value: volumes });
    }
    if (reservation !== undefined) {
      const path = at("/metadata/annotations", RESERVATION_ANNOTATION);
      changes.push({ op: "add", path, value: JSON.stringify(reservation) });
    }
    return this.#patch(statefulSet, changes);
  }

  /** Remembers when the placeholder's node could not give room back. Guard: the StatefulSet that was seen. */
  noteGrowthRefused(statefulSet: V1StatefulSet, now: Date): Promise<V1StatefulSet> {
    const record = { ...recordOf(statefulSet), growthRefusedAt: now.toISOString() };
    return this.#patch(statefulSet, [...annotationsOf(statefulSet), recorded(record)]);
  }

  /** Remembers what a policy makes of resizes of its pod. Guard: the StatefulSet that was seen. */
  noteRaised(statefulSet: V1StatefulSet, raised: Resources): Promise<V1StatefulSet> {
    const record = recordOf(statefulSet);
    const next = { ...record, raisedTo: maximum(record.raisedTo ?? {}, raised) };
    return this.#patch(statefulSet, [...annotationsOf(statefulSet), recorded(next)]);
  }

  /** What it keeps from now on. Guard: the StatefulSet that was seen, and what it kept. */
  reserve(statefulSet: V1StatefulSet, reservation: Reservation): Promise<V1StatefulSet> {
    const path = at("/metadata/annotations", RESERVATION_ANNOTATION);
    const before = statefulSet.metadata?.annotations?.[RESERVATION_ANNOTATION];
    return this.#patch(statefulSet, [
      { op: "test", path, value: before },
      { op: "replace", path, value: JSON.stringify(reservation) },
    ]);
  }

  async #patch(statefulSet: V1StatefulSet, changes: JsonPatch): Promise<V1StatefulSet> {
    const { namespace, name, uid, generation } = statefulSet.metadata!;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      // Counts changes of the spec; a status that is written meanwhile does no harm.
      { op: "test", path: "/metadata/generation", value: generation },
      ...changes,
    ];
    const patched = await this.clients.apps.patchNamespacedStatefulSet(
      { namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
    // The step would be taken again and again.
    if (patched.metadata?.resourceVersion === statefulSet.metadata?.resourceVersion) {
      throw new Error(`StatefulSet ${name} stayed as it was: does an admission policy undo changes of it?`);
    }
    return patched;
  }

  /**
   * Guard: the same pod, its own container as large as it was seen.
   *
   * @returns the pod as it is then
   */
  async resizePod(pod: V1Pod, resources: V1ResourceRequirements): Promise<V1Pod> {
    const { namespace, name, uid } = pod.metadata!;
    const container = pathOfContainer("/spec", pod.spec);
    const path = `${container}/resources`;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: `${container}/name`, value: PLACEHOLDER_COMPONENT },
      { op: "test", path, value: ownContainer(pod.spec)!.resources },
      { op: "replace", path, value: resources },
    ];
    return this.clients.core.patchNamespacedPodResize(
      { namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
  }

  /**
   * Guard: the same pod. Its StatefulSet makes a new one.
   *
   * @param isForced its kubelet cannot say that it has stopped; it holds no state
   */
  async deletePod(pod: V1Pod, isForced = false): Promise<void> {
    const { namespace, name, uid } = pod.metadata!;
    await this.clients.core.deleteNamespacedPod({
      namespace: namespace!,
      name: name!,
      body: { preconditions: { uid: uid! }, ...(isForced && { gracePeriodSeconds: 0 }) },
    });
  }

  /**
   * Guard: the StatefulSet is the one that was seen. Its version is none: it changes with every status, and whether pods
   * need it is read afresh before. Its pod goes with it.
   */
  async delete(statefulSet: V1StatefulSet): Promise<void> {
    const { namespace, name, uid } = statefulSet.metadata!;
    await this.clients.apps.deleteNamespacedStatefulSet({
      namespace: namespace!,
      name: name!,
      propagationPolicy: "Background",
      body: { preconditions: { uid: uid! } },
    });
  }
}

/** @throws Error when another controller or a policy has taken the placeholder's own container away */
function pathOfContainer(spec: string, seen: V1PodSpec | undefined): string {
  const index = ownContainerIndex(seen);
  if (index < 0) throw new Error(`the placeholder has no container named ${PLACEHOLDER_COMPONENT} any more`);
  return `${spec}/containers/${index}`;
}

const recorded = (record: PlaceholderRecord): JsonPatch[number] => ({
  op: "add",
  path: at("/metadata/annotations", RECORD_ANNOTATION),
  value: JSON.stringify(record),
});
