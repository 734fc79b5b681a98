import { isHeldByUs, type PipelineRun } from "../../capabilities/tekton/objects";
import { Deadlines } from "../deadlines";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { hasFinished, labelOf, uidOf } from "../objects";
import type { Seen, World } from "../world";

/** A run that is held although its placeholder has a node, or although it opts in no longer. */
function isHeldForNothing(run: PipelineRun, world: World): boolean {
  if (!isHeldByUs(run) || run.metadata?.deletionTimestamp !== undefined) return false;
  if (labelOf(run, "tekton.dev/custom-pod-affinity") !== "true") return true;
  return world
    .placeholdersOf(run)
    .flatMap(({ metadata }) => world.podsLabelled(metadata!.namespace!, metadata!.name!))
    .some(
      pod =>
        world.runOfPlaceholderPod(pod) !== undefined &&
        uidOf(world.runOfPlaceholderPod(pod)!) === uidOf(run) &&
        Boolean(pod.spec?.nodeName) &&
        pod.metadata?.deletionTimestamp === undefined &&
        !hasFinished(pod),
    );
}

export class Released implements Invariant {
  readonly name = "released";
  readonly claim: string;
  readonly #deadlines: Deadlines;

  constructor(boundMilliseconds: number) {
    this.#deadlines = new Deadlines(boundMilliseconds);
    this.claim = `a held run whose placeholder is bound, or that opts in no longer, is let go within ${boundMilliseconds / 1000} s of calm`;
  }

  exercised(): number {
    return this.#deadlines.checked();
  }

  see(seen: Seen, world: World): Violation[] {
    const run =
      seen.kind === "run"
        ? seen.object
        : seen.kind === "pod"
          ? world.runOfPlaceholderPod(seen.object)
          : seen.kind === "statefulSet"
            ? world.runOfPlaceholder(seen.object)
            : undefined;
    if (run === undefined) return [];
    const now = world.get("run", uidOf(run));
    this.#deadlines.note(uidOf(run), now !== undefined && isHeldForNothing(now, world), seen.at);
    return [];
  }

  phase(isCalm: boolean, at: number): void {
    this.#deadlines.phase(isCalm, at);
  }

  tick(now: number, world: World): Violation[] {
    return this.#deadlines.overdue(now).map(uid => {
      const run = world.last("run", uid)!;
      const placeholders = world.placeholdersOf(run);
      const pods = placeholders.flatMap(({ metadata }) =>
        world.podsLabelled(metadata!.namespace!, metadata!.name!),
      );
      return violation(this, now, `${nameOf(run)} is still held`, run, ...placeholders, ...pods);
    });
  }
}
