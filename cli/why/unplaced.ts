/** Runs that are not held by this operator, and were not placed by it: who has them instead. */
import {
  HELD_LABEL,
  LET_GO_ANNOTATION,
  OPT_IN_LABEL,
  OPTED_IN,
  OPTED_IN_LATE,
  TEKTON_PIPELINE_RUN_LABEL,
} from "../../capabilities/keys";
import { REASONS } from "../../capabilities/tekton/reasons";
import { isChild, isManagedElsewhere, isPending, type PipelineRun } from "../../capabilities/tekton/objects";
import type { RunFacts } from "./facts";
import type { Aside, State, Wait } from "./standing";

function ofParent({ metadata }: PipelineRun): Aside {
  const parent = metadata!.labels?.[TEKTON_PIPELINE_RUN_LABEL];
  const toDo =
    parent === undefined ? [] : [`Ask about the run that made it: why ${metadata!.namespace}/${parent}`];
  return { state: "part of another run", because: "another run made it, whose placeholder it shares", toDo };
}

function otherGate({ metadata }: PipelineRun): { state: State; wait: Wait } {
  const { name, namespace, creationTimestamp } = metadata!;
  const what =
    "whoever set it to Pending (a queueing controller, or a person): it was created so, and this operator holds it " +
    "once that is lifted";
  const patch = `kubectl patch pipelinerun ${name} -n ${namespace} --type json -p`;
  const toDo = [`Ask them, or lift it yourself: ${patch} '[{"op":"remove","path":"/spec/status"}]'`];
  return { state: "held by another gate", wait: { what, since: new Date(creationTimestamp ?? NaN), toDo } };
}

function startedWithout({ metadata }: PipelineRun): Aside {
  const state = "without co-location";
  const optIn = `${OPT_IN_LABEL}: "${OPTED_IN}"`;
  if (metadata!.annotations?.[LET_GO_ANNOTATION] !== undefined) {
    return { state, because: "it was let go without a placeholder", toDo: [] };
  }
  if (metadata!.labels?.[OPT_IN_LABEL] !== OPTED_IN) {
    const toDo = [`Create it with the label ${optIn}, or in a namespace with that label, to have it placed.`];
    return { state, because: "it does not opt in", toDo };
  }
  const because =
    "it opts in, and was started without this operator: by its Pending, or while that was not there";
  return { state, because, toDo: ["Create it again to have it placed."] };
}

export function unplaced({ run }: RunFacts): Aside | { state: State; wait: Wait } {
  if (isChild(run)) return ofParent(run);
  if (isManagedElsewhere(run)) {
    const manager = run.spec!.managedBy;
    return {
      state: "managed elsewhere",
      because: `its spec.managedBy is ${manager}: this operator leaves it alone`,
      toDo: [`Ask ${manager}.`],
    };
  }
  if (run.metadata?.labels?.[HELD_LABEL] === OPTED_IN_LATE) {
    const { means, todo } = REASONS.OptedInTooLate;
    return { state: "opted in too late", because: means, toDo: [todo] };
  }
  return isPending(run) ? otherGate(run) : startedWithout(run);
}
