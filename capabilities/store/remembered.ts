/** UIDs of objects with the version that they were seen with, the latest so many. */
import { versionOf, type KubeObject } from "./entry";

const MOST_REMEMBERED = 10_000;

export class Remembered {
  readonly #versions = new Map<string, number>();

  add(object: KubeObject): void {
    const { uid } = object.metadata!;
    this.#versions.delete(uid!);
    this.#versions.set(uid!, versionOf(object));
    if (this.#versions.size > MOST_REMEMBERED) this.#versions.delete(this.#versions.keys().next().value!);
  }

  has({ metadata }: KubeObject): boolean {
    return this.#versions.has(metadata!.uid!);
  }

  /** Whether it was seen with a later version than it has here. */
  hasLater(object: KubeObject): boolean {
    const version = this.#versions.get(object.metadata!.uid!);
    return version !== undefined && versionOf(object) < version;
  }
}
