import type { V1StatefulSet } from "@kubernetes/client-node";
import { hasEnded } from "../../capabilities/tekton/objects";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { Deadlines } from "../deadlines";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { controllerOf, isLabelledPlaceholder, labelOf, uidOf } from "../objects";
import type { Seen, World } from "../world";

/** A placeholder that no run and no pod needs any more. */
function isLeftOver(statefulSet: V1StatefulSet, world: World): boolean {
  if (!isLabelledPlaceholder(statefulSet)) return false;
  const run = world.get("run", controllerOf(statefulSet)?.uid);
  const isOver = run === undefined || run.metadata?.deletionTimestamp !== undefined || hasEnded(run);
  const { namespace, name } = statefulSet.metadata!;
  return isOver && world.activePodsOf(namespace!, name!).length === 0;
}

export class Gone implements Invariant {
  readonly name = "gone";
  readonly claim: string;
  readonly #deadlines: Deadlines;

  constructor(boundMilliseconds: number) {
    this.#deadlines = new Deadlines(boundMilliseconds);
    this.claim = `a placeholder is gone within ${boundMilliseconds / 1000} s of calm after its run's end and last active pod`;
  }

  exercised(): number {
    return this.#deadlines.checked();
  }

  see(seen: Seen, world: World): Violation[] {
    for (const statefulSet of this.#concerned(seen, world)) {
      const isThere = world.get("statefulSet", uidOf(statefulSet)) !== undefined;
      this.#deadlines.note(uidOf(statefulSet), isThere && isLeftOver(statefulSet, world), seen.at);
    }
    return [];
  }

  #concerned(seen: Seen, world: World): V1StatefulSet[] {
    switch (seen.kind) {
      case "statefulSet":
        return [seen.object];
      case "run":
        return world.placeholdersOf(seen.object);
      case "pod": {
        const name = labelOf(seen.object, PLACEHOLDER_LABEL);
        const { namespace } = seen.object.metadata!;
        if (name === undefined) return [];
        return world
          .all("statefulSet")
          .filter(({ metadata }) => metadata!.name === name && metadata!.namespace === namespace);
      }
      case "node":
      case "namespace":
        return [];
    }
  }

  phase(isCalm: boolean, at: number): void {
    this.#deadlines.phase(isCalm, at);
  }

  tick(now: number, world: World): Violation[] {
    return this.#deadlines.overdue(now).map(uid => {
      const statefulSet = world.last("statefulSet", uid)!;
      const run = world.last("run", controllerOf(statefulSet)?.uid);
      return violation(this, now, `the placeholder ${nameOf(statefulSet)} is still there`, statefulSet, run);
    });
  }
}
