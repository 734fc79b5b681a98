/** Deletes claims that Tekton has made for a run. Every write carries a guard: the claim is the one that was read. */
import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { CLAIM_PROTECTION } from "../keys";
import { isMadeFor } from "../placement/made-claims";
import type { PipelineRun } from "../tekton/objects";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { claimsIn } from "../placement/volumes";
import type { KubeClients } from "./client";
import { ifThere } from "./errors";
import { JSON_PATCH, type JsonPatch } from "./json-patch";
import { ACTIVE_PODS, eachItem } from "./pages";

const PAGE_SIZE = 100;

export class ClaimWrites {
  constructor(private readonly clients: Pick<KubeClients, "core">) {}

  /**
   * Deletes those of the claims that were made for this very run. As Tekton does it, Kubernetes' finalizer is taken away
   * as well: it would keep a claim for as long as there are pods that used it, and those stay as long as the run. Where
   * a pod of somebody else's uses the claim it is left to Kubernetes, which has it go after that pod.
   *
   * @param names of claims in the run's namespace; one that is not there, or not made for the run, is passed over
   * @returns the names of those that were deleted
   */
  async deleteMadeFor(run: PipelineRun, names: readonly string[]): Promise<string[]> {
    const namespace = run.metadata!.namespace!;
    const deleted: V1PersistentVolumeClaim[] = [];
    for (const name of names) {
      const claim = await ifThere(this.clients.core.readNamespacedPersistentVolumeClaim({ namespace, name }));
      if (claim === undefined || !isMadeFor(claim, run)) continue;
      await this.#delete(claim);
      deleted.push(claim);
    }
    const isProtected = ({ metadata }: V1PersistentVolumeClaim) =>
      metadata?.finalizers?.includes(CLAIM_PROTECTION) === true;
    if (!deleted.some(isProtected)) return deleted.map(nameOf);
    const used = await this.#usedClaims(namespace);
    for (const claim of deleted) if (isProtected(claim) && !used.has(nameOf(claim))) await this.#free(claim);
    return deleted.map(nameOf);
  }

  /** Guard: the claim that was read. */
  async #delete({ metadata }: V1PersistentVolumeClaim): Promise<void> {
    const { namespace, name, uid, deletionTimestamp } = metadata!;
    if (deletionTimestamp !== undefined) return;
    await ifThere(
      this.clients.core.deleteNamespacedPersistentVolumeClaim({
        namespace: namespace!,
        name: name!,
        body: { preconditions: { uid: uid! } },
      }),
    );
  }

  /** Guard: the claim that was read, and its finalizer where it was. Kubernetes may have been quicker. */
  async #free({ metadata }: V1PersistentVolumeClaim): Promise<void> {
    const { namespace, name, uid, finalizers } = metadata!;
    const path = `/metadata/finalizers/${finalizers!.indexOf(CLAIM_PROTECTION)}`;
    const body: JsonPatch = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path, value: CLAIM_PROTECTION },
      { op: "remove", path },
    ];
    await ifThere(
      this.clients.core.patchNamespacedPersistentVolumeClaim(
        { namespace: namespace!, name: name!, body },
        JSON_PATCH,
      ),
    );
  }

  /** Names of the claims that pods of the namespace use which have not ended; placeholders mount none. */
  async #usedClaims(namespace: string): Promise<ReadonlySet<string>> {
    const used = new Set<string>();
    const which = { namespace, fieldSelector: ACTIVE_PODS, limit: PAGE_SIZE };
    await eachItem(
      _continue => this.clients.core.listNamespacedPod({ ...which, _continue }),
      pod => {
        if (isPlaceholderPod(pod)) return;
        for (const name of claimsIn(pod.spec?.volumes)) used.add(name);
      },
    );
    return used;
  }
}

const nameOf = ({ metadata }: V1PersistentVolumeClaim): string => metadata!.name!;
