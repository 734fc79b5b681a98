/** StatefulSets whole, as the API server has just made them: their pod may have to be made here a moment later. */
import type { V1StatefulSet } from "@kubernetes/client-node";

/** Of all, as JSON: enough for some hundreds. Of those that were pushed out the StatefulSet is read. */
const MOST_CHARACTERS = 1536 * 1024;
/** Of one: what a tenant has made longer, in whatever field, is read as well. */
const MOST_CHARACTERS_OF_ONE = 32 * 1024;

interface Made {
  whole: V1StatefulSet;
  characters: number;
}

export class MadeLately {
  readonly #made = new Map<string, Made>();
  #characters = 0;

  keep(whole: V1StatefulSet): void {
    const characters = JSON.stringify(whole).length;
    if (characters > MOST_CHARACTERS_OF_ONE) return;
    const uid = whole.metadata!.uid!;
    this.#forget(uid);
    this.#made.set(uid, { whole, characters });
    this.#characters += characters;
    for (const oldest of this.#made.keys()) {
      if (this.#characters <= MOST_CHARACTERS) break;
      this.#forget(oldest);
    }
  }

  /** Whether it is there as it was made, and its spec is still that. */
  has(seen: V1StatefulSet): boolean {
    return this.#find(seen) !== undefined;
  }

  /** Once: as it was made, if its spec is still that. */
  take(seen: V1StatefulSet): V1StatefulSet | undefined {
    const made = this.#find(seen);
    this.#forget(seen.metadata!.uid!);
    return made;
  }

  #find({ metadata }: V1StatefulSet): V1StatefulSet | undefined {
    const made = this.#made.get(metadata!.uid!)?.whole;
    return made?.metadata!.generation === metadata!.generation ? made : undefined;
  }

  #forget(uid: string): void {
    this.#characters -= this.#made.get(uid)?.characters ?? 0;
    this.#made.delete(uid);
  }
}
