/** StatefulSets whole, as the API server has just made them: their pod may have to be made here a moment later. */
import type { V1StatefulSet } from "@kubernetes/client-node";
import { hasWholeTemplate } from "../store/slim-stateful-set";

/** More are not on their way at once; of those that were pushed out the StatefulSet is read. */
const MOST = 50;

export class MadeLately {
  readonly #whole = new Map<string, V1StatefulSet>();

  /** @param seen the same, as the store keeps it: what a tenant has made long is not kept here */
  keep(made: V1StatefulSet, seen: V1StatefulSet | undefined): void {
    const { uid } = made.metadata!;
    if (seen?.metadata?.uid !== uid || !hasWholeTemplate(seen!)) return;
    this.#whole.set(uid!, made);
    const [oldest] = this.#whole.keys();
    if (this.#whole.size > MOST) this.#whole.delete(oldest!);
  }

  /** Once: as it was made, if its spec is still that. */
  take({ metadata }: V1StatefulSet): V1StatefulSet | undefined {
    const { uid, generation } = metadata!;
    const made = this.#whole.get(uid!);
    this.#whole.delete(uid!);
    return made?.metadata!.generation === generation ? made : undefined;
  }
}
