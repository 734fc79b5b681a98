/** UIDs of objects, the latest so many. */
import type { KubeObject } from "./entry";

const MOST_REMEMBERED = 10_000;

export class Remembered {
  readonly #uids = new Set<string>();

  add({ metadata }: KubeObject): void {
    if (this.#uids.size >= MOST_REMEMBERED) this.#uids.clear();
    this.#uids.add(metadata!.uid!);
  }

  has({ metadata }: KubeObject): boolean {
    return this.#uids.has(metadata!.uid!);
  }

  clear(): void {
    this.#uids.clear();
  }
}
