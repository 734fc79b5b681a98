import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { APP_NAME } from "../../capabilities/keys";
import type { Write } from "../../testbed/audit";
import { nameOf, violation, type Invariant, type Violation } from "../invariant";
import { controllerOf, isLabelledPlaceholder, labelOf } from "../objects";
import type { Seen, World } from "../world";

/** On objects that the soak makes to stand in the operator's way. */
export const STRANGER_LABEL = "soak/stranger";

/** What the operator's accounts may write, besides its placeholders and the runs that it holds. */
const ALLOWED = ["events", "leases", "pipelineruns", "statefulsets", "pods", "pods/resize"];
const GUARDED = [404, 409, 422];
/** Classes of its own that never preempt, which it makes and leaves alone from then on. */
const isClassOfItsOwn = ({ resource, verb, name }: Write): boolean =>
  resource === "priorityclasses" && verb === "create" && name.startsWith(`${APP_NAME}-`);

export class ObjectsOfOthers implements Invariant {
  readonly name = "objects of others";
  readonly claim = "nothing but placeholders of the operator's own is made, changed or deleted by it";
  #exercised = 0;

  exercised(): number {
    return this.#exercised;
  }

  see(seen: Seen, world: World): Violation[] {
    if (seen.kind !== "pod" && seen.kind !== "statefulSet") return [];
    if (seen.write === undefined) {
      if (seen.type === "DELETED" && labelOf(seen.object, STRANGER_LABEL) !== undefined) this.#exercised++;
      return [];
    }
    const object = seen.before ?? seen.object;
    const isOurs =
      seen.kind === "pod" ? this.#isOurPod(object as V1Pod, world) : this.#isOurs(object as V1StatefulSet);
    if (isOurs) return [];
    return [violation(this, seen.at, `the operator's ${seen.write.verb} met ${nameOf(object)}`, object)];
  }

  #isOurs(statefulSet: V1StatefulSet): boolean {
    return isLabelledPlaceholder(statefulSet) && labelOf(statefulSet, STRANGER_LABEL) === undefined;
  }

  #isOurPod(pod: V1Pod, world: World): boolean {
    const statefulSet = world.last("statefulSet", controllerOf(pod)?.uid);
    return isLabelledPlaceholder(pod) && statefulSet !== undefined && this.#isOurs(statefulSet);
  }

  /** What the admission policy of the chart had to stop (with status 422) was still tried. */
  wrote(write: Write): Violation[] {
    const { resource, namespace, name, verb, code, message, at } = write;
    const touches = resource === "statefulsets" || resource.startsWith("pods");
    if (touches && GUARDED.includes(code)) this.#exercised++;
    const wrongs = [
      ...(ALLOWED.includes(resource) || isClassOfItsOwn(write) ? [] : ["which it has no business with"]),
      ...(message.includes("only its placeholders")
        ? ["which is none of its own; only the admission policy kept it from that"]
        : []),
    ];
    return wrongs.map(wrong => violation(this, at, `${verb} of ${resource} ${namespace}/${name}, ${wrong}`));
  }
}
