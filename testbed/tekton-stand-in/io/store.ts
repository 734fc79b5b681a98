/**
 * The objects of one kind as last seen: from the watch, and from answers to own writes, which are often
 * earlier. The newer one counts, so own writes are never forgotten again.
 */

export interface Stored {
  metadata?: { name?: string; namespace?: string; uid?: string; resourceVersion?: string };
}

export const keyOf = (object: Stored): string => `${object.metadata?.namespace}/${object.metadata?.name}`;

/** Resource versions of one kind are ordered numbers (Kubernetes 1.35 and later say so). */
const versionOf = (object: Stored): bigint => BigInt(object.metadata?.resourceVersion ?? 0);

export class Store<T extends Stored> {
  readonly #objects = new Map<string, T>();
  /** UIDs of objects whose end was seen; an answer to a write that comes late must not revive them. */
  readonly #gone = new Set<string>();

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  put(object: T): void {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (this.#gone.has(object.metadata?.uid ?? "")) return;
    if (!known || versionOf(known) <= versionOf(object)) this.#objects.set(key, object);
  }

  delete(object: T): void {
    const { uid } = object.metadata ?? {};
    if (uid) this.#gone.add(uid);
    if (this.#objects.get(keyOf(object))?.metadata?.uid === uid) this.#objects.delete(keyOf(object));
  }
}
