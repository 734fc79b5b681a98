/** StatefulSets whole, as the API server has just made them: their pod may have to be made here a moment later. */
import type { V1StatefulSet } from "@kubernetes/client-node";

/** More are not on their way at once; of those that were pushed out the StatefulSet is read. */
const MOST = 50;
/** Of one, as JSON: what a tenant has made longer, in whatever field, is read as well. */
const MOST_CHARACTERS = 32 * 1024;

export class MadeLately {
  readonly #whole = new Map<string, V1StatefulSet>();

  keep(made: V1StatefulSet): void {
    if (JSON.stringify(made).length > MOST_CHARACTERS) return;
    this.#whole.set(made.metadata!.uid!, made);
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
