import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { isHeldByUs } from "../../capabilities/tekton/objects";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { uidOf } from "../objects";
import type { Seen, World } from "../world";

/** Between the operator's look and its write the placeholder may be lost, so it need not be there any more. */
export class Anchored implements Invariant {
  readonly name = "anchored";
  readonly claim = "a run is let go with affinity only after a placeholder of its own had a node";
  #exercised = 0;
  /** UIDs of runs whose placeholder had a node at some time. */
  readonly #anchored = new Set<string>();

  exercised(): number {
    return this.#exercised;
  }

  see(seen: Seen, world: World): Violation[] {
    if (seen.kind === "pod" && seen.object.spec?.nodeName) {
      const run = world.runOfPlaceholderPod(seen.object);
      if (run !== undefined) this.#anchored.add(uidOf(run));
    }
    if (seen.kind !== "run" || seen.before === undefined || seen.write === undefined) return [];
    const { before, object: run } = seen;
    const letGo = isHeldByUs(before) && !isHeldByUs(run);
    if (!letGo || run.metadata?.labels?.[PLACEHOLDER_LABEL] === undefined) return [];
    this.#exercised++;
    if (this.#anchored.has(uidOf(run))) return [];
    return [violation(this, seen.at, `${nameOf(run)} was let go, and no placeholder of its had a node`, run)];
  }
}
