import type { V1Pod } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { choiceOf, hasFinished, labelOf, uidOf } from "../objects";
import type { Seen, World } from "../world";

interface Bound {
  pod: V1Pod;
  run: PipelineRun;
}

/** Whether the first one's run keeps the second one off its domain. */
const repels = (one: Bound, other: Bound): boolean =>
  choiceOf(one.run, "isolation") === "required" &&
  (choiceOf(one.run, "isolation-scope") === "cluster" ||
    one.pod.metadata!.namespace === other.pod.metadata!.namespace);

export class Apart implements Invariant {
  readonly name = "apart";
  readonly claim = "no placeholder shares a domain with one that requires isolation from it";
  #exercised = 0;
  readonly #bound = new Map<string, Bound>();

  exercised(): number {
    return this.#exercised;
  }

  see(seen: Seen, world: World): Violation[] {
    if (seen.kind !== "pod" || labelOf(seen.object, PLACEHOLDER_LABEL) === undefined) return [];
    const pod = seen.object;
    if (seen.type === "DELETED" || hasFinished(pod)) this.#bound.delete(uidOf(pod));
    const isNew = seen.type !== "DELETED" && Boolean(pod.spec?.nodeName) && !this.#bound.has(uidOf(pod));
    const run = world.runOfPlaceholderPod(pod);
    if (!isNew || hasFinished(pod) || run === undefined) return [];
    const here = { pod, run };
    const found = this.#near(here, seen.at, world);
    this.#bound.set(uidOf(pod), here);
    return found;
  }

  #near(here: Bound, at: number, world: World): Violation[] {
    const pairs = [...this.#bound.values()]
      .filter(({ pod }) => world.isNodeThere(pod.spec!.nodeName!))
      .flatMap(other => [
        { by: here, other },
        { by: other, other: here },
      ])
      .filter(({ by, other }) => repels(by, other));
    if (pairs.length > 0) this.#exercised++;
    return pairs.flatMap(({ by, other }) => {
      const key = choiceOf(by.run, "isolation-topology-key");
      const domain = world.domainOf(by.pod.spec!.nodeName!, key);
      if (domain === undefined || domain !== world.domainOf(other.pod.spec!.nodeName!, key)) return [];
      const message = `${nameOf(by.run)} is isolated by ${key}, and ${nameOf(other.run)} is in ${domain} too`;
      return [violation(this, at, message, by.run, other.run, by.pod, other.pod)];
    });
  }
}
