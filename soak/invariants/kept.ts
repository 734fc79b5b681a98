import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { hasEnded, type PipelineRun } from "../../capabilities/tekton/objects";
import { uidOf } from "../objects";
import type { Seen, World } from "../world";

/** Who else deletes a placeholder (a person, the garbage collector when the run goes) is not held against it. */
export class Kept implements Invariant {
  readonly name = "kept";
  readonly claim =
    "the operator deletes no placeholder before its run has ended and the last active pod is gone";
  #exercised = 0;
  /** UIDs of runs that had a pod. */
  readonly #withPods = new Set<string>();
  /** UIDs of runs that were deleted, or are being. */
  readonly #deleted = new Set<string>();
  /** UIDs of pods that came after that: they were on their way, and Kubernetes collects them at once. */
  readonly #tooLate = new Set<string>();

  exercised(): number {
    return this.#exercised;
  }

  #see({ before, type, object }: Seen, root: PipelineRun): void {
    this.#withPods.add(uidOf(root));
    const isNew = before === undefined && type !== "DELETED";
    if (isNew && this.#deleted.has(uidOf(root))) this.#tooLate.add(uidOf(object));
  }

  see(seen: Seen, world: World): Violation[] {
    if (seen.kind === "pod") {
      const root = world.rootOf(seen.object);
      if (root !== undefined) this.#see(seen, root);
    }
    if (seen.kind === "run" && (seen.type === "DELETED" || seen.object.metadata?.deletionTimestamp)) {
      this.#deleted.add(uidOf(seen.object));
    }
    if (seen.kind !== "statefulSet" || seen.type !== "DELETED" || seen.write === undefined) return [];
    const run = world.runOfPlaceholder(seen.object);
    if (run === undefined) return [];
    if (this.#withPods.has(uidOf(run))) this.#exercised++;
    const active = world
      .activePodsOf(seen.object.metadata!.namespace!, seen.object.metadata!.name!)
      .filter(pod => world.rootOf(pod) !== undefined && !this.#tooLate.has(uidOf(pod)));
    const names = active.map(({ metadata }) => metadata!.name).join(", ");
    const now = world.get("run", uidOf(run));
    const goesOn =
      now !== undefined &&
      now.metadata?.deletionTimestamp === undefined &&
      !hasEnded(now) &&
      now.metadata?.labels?.["pod-affinity.tekton.dev/placeholder"] !== undefined;
    const wrongs = [
      ...(active.length > 0 ? [`${names} of ${nameOf(run)} were active`] : []),
      ...(goesOn ? [`${nameOf(run)} was under way`] : []),
    ];
    return wrongs.map(wrong =>
      violation(this, seen.at, `its placeholder was deleted while ${wrong}`, run, seen.object, ...active),
    );
  }
}
