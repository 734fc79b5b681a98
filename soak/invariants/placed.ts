import { isChild, isHeldByUs, hasEnded, type PipelineRun } from "../../capabilities/tekton/objects";
import { OPT_IN_LABEL, PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { placeholderName } from "../../capabilities/placement/names";
import { Deadlines } from "../deadlines";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { isLabelledPlaceholder, labelOf, uidOf } from "../objects";
import type { Seen, World } from "../world";

/** A run that is held, or was let go with affinity, and has no placeholder though the name is free. */
function lacksPlaceholder(run: PipelineRun, world: World): boolean {
  if (run.metadata?.deletionTimestamp !== undefined || isChild(run) || hasEnded(run)) return false;
  const isPlaced = labelOf(run, PLACEHOLDER_LABEL) !== undefined;
  const isHeld = isHeldByUs(run) && labelOf(run, OPT_IN_LABEL) === "true";
  if (!isPlaced && !isHeld) return false;
  const { namespace, name } = run.metadata!;
  if (world.isNamespaceGoing(namespace!)) return false;
  const isTaken = world
    .all("statefulSet")
    .some(
      statefulSet =>
        statefulSet.metadata!.namespace === namespace &&
        statefulSet.metadata!.name === placeholderName(name!) &&
        !isLabelledPlaceholder(statefulSet),
    );
  return !isTaken && world.placeholdersOf(run).length === 0;
}

export class Placed implements Invariant {
  readonly name = "placed";
  readonly claim: string;
  readonly #deadlines: Deadlines;

  constructor(boundMilliseconds: number) {
    this.#deadlines = new Deadlines(boundMilliseconds);
    this.claim = `a run that is held or under way has a placeholder of its own, or gets one within ${boundMilliseconds / 1000} s of calm`;
  }

  exercised(): number {
    return this.#deadlines.checked();
  }

  see(seen: Seen, world: World): Violation[] {
    for (const run of this.#concerned(seen, world)) {
      const now = world.get("run", uidOf(run));
      this.#deadlines.note(uidOf(run), now !== undefined && lacksPlaceholder(now, world), seen.at);
    }
    return [];
  }

  /** A stranger's StatefulSet concerns the run whose placeholder's name it has. */
  #concerned(seen: Seen, world: World): PipelineRun[] {
    if (seen.kind === "run") return [seen.object];
    if (seen.kind === "namespace") {
      return world.all("run").filter(run => run.metadata!.namespace === seen.object.metadata!.name);
    }
    if (seen.kind !== "statefulSet") return [];
    const { namespace, name } = seen.object.metadata!;
    return world
      .all("run")
      .filter(
        ({ metadata }) => metadata!.namespace === namespace && placeholderName(metadata!.name!) === name,
      );
  }

  phase(isCalm: boolean, at: number): void {
    this.#deadlines.phase(isCalm, at);
  }

  tick(now: number, world: World): Violation[] {
    return this.#deadlines.overdue(now).map(uid => {
      const run = world.last("run", uid)!;
      return violation(this, now, `${nameOf(run)} has no placeholder`, run);
    });
  }
}
