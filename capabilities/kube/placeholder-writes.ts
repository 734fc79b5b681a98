/** What is written to placeholders. Every write carries a guard: nothing but what was seen is changed. */
import type { V1Pod, V1ResourceRequirements, V1StatefulSet } from "@kubernetes/client-node";
import { isPinned, type TemplateChange } from "../placement/placeholder-template";
import type { Reservation } from "../room/reservation";
import { annotationsOf, at, JSON_PATCH, type JsonPatch } from "./json-patch";
import { GROWTH_REFUSED_ANNOTATION, PINNED_ANNOTATION, RESERVATION_ANNOTATION } from "../keys";
import type { KubeClients } from "./client";
import { refusalOf } from "./errors";

export class PlaceholderWrites {
  constructor(private readonly clients: Pick<KubeClients, "apps" | "core">) {}

  /**
   * Guard: the name. A second one of the same name cannot be made.
   *
   * @returns why the API server would not take it; undefined when it did
   */
  async create(statefulSet: V1StatefulSet): Promise<string | undefined> {
    const namespace = statefulSet.metadata!.namespace!;
    try {
      await this.clients.apps.createNamespacedStatefulSet({ namespace, body: statefulSet });
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusal;
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
    { affinity, resources, pinnedTo, volumes }: TemplateChange,
    reservation?: Reservation,
  ): Promise<V1StatefulSet> {
    const pinned = at("/metadata/annotations", PINNED_ANNOTATION);
    return this.#patch(statefulSet, [
      { op: "replace", path: "/spec/template/spec/affinity", value: affinity },
      { op: "replace", path: "/spec/template/spec/containers/0/resources", value: resources },
      ...(volumes === undefined
        ? []
        : [{ op: "add" as const, path: "/spec/template/spec/volumes", value: volumes }]),
      ...annotationsOf(statefulSet),
      ...(pinnedTo !== undefined ? [{ op: "add" as const, path: pinned, value: pinnedTo }] : []),
      ...(pinnedTo === undefined && isPinned(statefulSet) ? [{ op: "remove" as const, path: pinned }] : []),
      ...(reservation === undefined
        ? []
        : [
            {
              op: "add" as const,
              path: at("/metadata/annotations", RESERVATION_ANNOTATION),
              value: JSON.stringify(reservation),
            },
          ]),
    ]);
  }

  /** Remembers when the placeholder's node could not give room back. Guard: the StatefulSet that was seen. */
  async noteGrowthRefused(statefulSet: V1StatefulSet, now: Date): Promise<void> {
    await this.#patch(statefulSet, [
      ...annotationsOf(statefulSet),
      {
        op: "add",
        path: at("/metadata/annotations", GROWTH_REFUSED_ANNOTATION),
        value: now.toISOString(),
      },
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

  /** Guard: the same pod, as large as it was seen. */
  async resizePod(pod: V1Pod, resources: V1ResourceRequirements): Promise<void> {
    const { namespace, name, uid } = pod.metadata!;
    const path = "/spec/containers/0/resources";
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path, value: pod.spec!.containers[0]!.resources },
      { op: "replace", path, value: resources },
    ];
    await this.clients.core.patchNamespacedPodResize(
      { namespace: namespace!, name: name!, body },
      JSON_PATCH,
    );
  }

  /** Guard: the same pod. Its StatefulSet makes a new one. */
  async deletePod(pod: V1Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata!;
    await this.clients.core.deleteNamespacedPod({
      namespace: namespace!,
      name: name!,
      body: { preconditions: { uid: uid! } },
    });
  }

  /** Guard: the StatefulSet is the one that was seen. Its pod goes with it. */
  async delete(statefulSet: V1StatefulSet): Promise<void> {
    const { namespace, name, uid, resourceVersion } = statefulSet.metadata!;
    await this.clients.apps.deleteNamespacedStatefulSet({
      namespace: namespace!,
      name: name!,
      propagationPolicy: "Background",
      body: { preconditions: { uid: uid!, resourceVersion: resourceVersion! } },
    });
  }
}
