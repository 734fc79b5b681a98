/** What a held run waits for, and what people can do about it. */
import { choicesOf, NO_TIMEOUT } from "../../capabilities/choices/choices";
import { parseDuration } from "../../capabilities/choices/duration";
import { OPT_IN_LABEL, OPTED_OUT } from "../../capabilities/keys";
import { isGated } from "../../capabilities/phases/gated";
import { schedulingMessage } from "../../capabilities/phases/observed";
import { heldSince } from "../../capabilities/phases/placement-timeout";
import type { Sight } from "../../capabilities/phases/sight";
import type { Step, StepKind } from "../../capabilities/phases/steps";
import { chosenRow, nextStep } from "../../capabilities/phases/table";
import { neverFits } from "../../capabilities/placement/never-fits";
import { boundAt } from "../../capabilities/room/waiting-pods";
import { isOurReason, reasonWords } from "../../capabilities/tekton/reasons";
import { duration, few } from "../words";
import { ADVICE } from "./advice";
import type { RunFacts } from "./facts";
import { obstaclesIn, withoutPreemption } from "./scheduler-words";
import type { Wait } from "./standing";
import type { ToldEvent } from "./told-event";

/** A controller that is at work has taken a step within this. */
const OVERDUE_MILLISECONDS = 15_000;
const MOST_NAMES = 5;

/** What the controller does next, in words that follow "to". */
const NEXT: Record<StepKind, string> = {
  none: "do nothing",
  wait: "wait",
  "make-placeholder": "make its placeholder",
  "make-pod": "make its placeholder's pod",
  "settle-placeholder": "settle its placeholder on its node",
  "pin-placeholder": "replace its placeholder on its node",
  "start-over": "have its placeholder look for a node anew",
  "remake-pod": "make its placeholder's pod again",
  "reserve-again": "count its room again",
  resize: "resize its placeholder",
  "withdraw-growth": "withdraw a growth of its placeholder",
  release: "start the run on its node",
  "let-go": "start the run without co-location",
  cancel: "cancel the run",
  "note-claims": "note the claims of its run",
  "note-node": "write its node on the run",
  "delete-claims": "delete its claims",
  "delete-placeholder": "delete its placeholder",
};

/** The newest of what was told on the run that keeps it from being placed. */
function obstacleTold(events: readonly ToldEvent[]): (ToldEvent & { todo: string }) | undefined {
  const told = events
    .filter(({ about }) => about === "PipelineRun")
    .flatMap(event => {
      if (!isOurReason(event.reason)) return [];
      const { holds, todo } = reasonWords(event.reason);
      return holds === true ? [{ ...event, todo }] : [];
    });
  return told.sort((one, other) => other.last.getTime() - one.last.getTime())[0];
}

/** The moment since when nothing but the controller was waited for. */
function dueSince({ run, observed }: RunFacts, { pod, node }: Sight): number {
  const made = new Date(observed.statefulSet?.metadata?.creationTimestamp ?? 0).getTime();
  return Math.max(heldSince(run), made, pod !== undefined && node !== undefined ? boundAt(pod) : 0);
}

/** The controller has something to do: it is about to, or is not at work. */
function dueStep(facts: RunFacts, seen: Sight, step: Step): Wait {
  const since = dueSince(facts, seen);
  const late = seen.now.getTime() - since;
  if (late < OVERDUE_MILLISECONDS) {
    return { what: `the operator, to ${NEXT[step.kind]}: that comes next`, since: new Date(since), toDo: [] };
  }
  const ready = facts.controllersReady;
  const state =
    ready === undefined
      ? "is it at work?"
      : ready === 0
        ? "none of its controllers is Ready"
        : "it is behind";
  return {
    what: `the operator, to ${NEXT[step.kind]}: that is due for ${duration(late)}; ${state}`,
    since: new Date(since),
    toDo: [
      "See whether a controller runs and leads: kubectl get pods,leases -A -l app.kubernetes.io/name=pipelinerun-pod-affinity",
      "Held runs go on by themselves when it is back.",
    ],
  };
}

/** In the scheduler's words, and in plain ones. */
function noNode(facts: RunFacts, { pod, schedulingMessage: message }: Sight): Pick<Wait, "what" | "toDo"> {
  if (isGated(pod!))
    return { what: "a node: a scheduling gate keeps the scheduler from looking for one", toDo: [] };
  if (message === undefined)
    return { what: "a node: the scheduler has not said yet that there is none", toDo: [] };
  const obstacles = obstaclesIn(message);
  const plain = obstacles.map(({ nodes, means }) => `${nodes} ${means}`).join(", ");
  const said = withoutPreemption(message);
  const toDo = obstacles.map(({ todo }) => todo);
  const has = facts.neighbours.map(({ run, node }) => `${node}: ${run}`);
  if (obstacles.some(({ means }) => means.includes("another run")) && has.length > 0) {
    toDo.unshift(`These runs have a node: ${few(has, MOST_NAMES)}.`);
  }
  // With an autoscaler the controller says nothing of it: a larger node may be on its way.
  const never = facts.nodes === undefined ? undefined : neverFits(pod!, facts.nodes);
  if (never !== undefined)
    toDo.unshift(`No node that is there now would do, were it empty. ${never.message}`);
  return { what: `a node${plain === "" ? "" : ` (${plain})`}. The scheduler: ${said}`, toDo };
}

function waits(facts: RunFacts, seen: Sight, step: Step): Wait {
  const row = chosenRow(seen).name;
  const since = new Date(heldSince(facts.run));
  // What is Normal is said in other words already.
  const warnings = (step.warnings ?? []).filter(({ type = "Warning" }) => type === "Warning");
  const told = warnings.map(({ message }) => message);
  if (seen.pod !== undefined && seen.node === undefined) {
    const { what, toDo } = noNode(facts, seen);
    return { what, since, toDo: [...told, ...toDo] };
  }
  const advice = ADVICE[row] ?? "";
  const obstacle = warnings.find(({ reason }) => reasonWords(reason).holds === true);
  if (obstacle === undefined)
    return { what: step.why, since, toDo: [...told, ...(advice === "" ? [] : [advice])] };
  const others = told.filter(message => message !== obstacle.message);
  return {
    what: `${obstacle.reason}: ${obstacle.message}`,
    since,
    toDo: [reasonWords(obstacle.reason).todo, ...others],
  };
}

/** What ends the wait in any case. */
function wayOut({ run }: RunFacts, now: Date): string[] {
  const { name, namespace, annotations = {} } = run.metadata!;
  const start = `kubectl label pipelinerun ${name} -n ${namespace} --overwrite ${OPT_IN_LABEL}=${OPTED_OUT}`;
  const { "placement-timeout": timeout, "on-timeout": then } = choicesOf(annotations);
  const ways = [`To start it now, without co-location: ${start}`];
  if (timeout === NO_TIMEOUT) return ways;
  const left = heldSince(run) + parseDuration(timeout) - now.getTime();
  const when = left > 0 ? `in ${duration(left)}` : `since ${duration(-left)}`;
  return [`Its placement-timeout of ${timeout} is over ${when}; on-timeout: ${then}.`, ...ways];
}

/** What was told counts where the step fails each time that it is taken, or nothing else can be seen. */
function waitOf(facts: RunFacts, seen: Sight): Wait {
  const step = nextStep(facts.observed, seen.settings, seen.now);
  if (facts.isPartial !== true) {
    const isTold = step.warnings !== undefined && step.warnings.length > 0;
    if (step.kind === "wait" || isTold || schedulingMessage(facts.observed) !== undefined) {
      return waits(facts, seen, step);
    }
  }
  const told = obstacleTold(facts.events);
  if (told !== undefined && (facts.isPartial === true || seen.phase === "absent")) {
    return { what: `${told.reason}: ${told.message}`, since: told.first, toDo: [told.todo] };
  }
  if (facts.isPartial !== true) return dueStep(facts, seen, step);
  return {
    what: "a node, as it seems: its placeholder cannot be looked at",
    since: new Date(heldSince(facts.run)),
    toDo: ["Ask somebody who may read StatefulSets and pods of the namespace."],
  };
}

export function heldWait(facts: RunFacts, seen: Sight): Wait {
  const wait = waitOf(facts, seen);
  return { ...wait, toDo: [...wait.toDo, ...wayOut(facts, seen.now)] };
}
