/** What a run that was let go to its placeholder waits for. */
import { PLACEHOLDER_COMPONENT } from "../../capabilities/keys";
import type { Sight } from "../../capabilities/phases/sight";
import { nextStep } from "../../capabilities/phases/table";
import { hasNode } from "../../capabilities/phases/observed";
import type { V1Pod } from "@kubernetes/client-node";
import { whatToDo } from "../node-words";
import { few } from "../words";
import type { RunFacts } from "./facts";
import { podName } from "./pods";
import { obstaclesIn, withoutPreemption } from "./scheduler-words";
import type { Wait } from "./standing";

const MOST_NAMES = 5;

const refusal = ({ status }: V1Pod) =>
  status?.conditions?.find(({ type, status: value }) => type === "PodScheduled" && value === "False");

/** Pods of the run that have no node, and what the scheduler says of the first of them. */
function waitingPods({ own, run }: Sight): { names: string[]; message?: string; since?: Date } | undefined {
  const waiting = own.pods.filter(pod => !hasNode(pod));
  if (waiting.length === 0) return undefined;
  const names = waiting.map(pod => podName(pod, run.metadata!.name!));
  const said = waiting.map(refusal).find(condition => condition?.message !== undefined);
  const since = waiting[0]!.metadata?.creationTimestamp;
  return {
    names,
    ...(said?.message !== undefined && { message: said.message }),
    ...(since !== undefined && { since: new Date(since) }),
  };
}

/** Undefined when nothing of it waits. */
export function placedWait(facts: RunFacts, seen: Sight): Wait | undefined {
  const waiting = waitingPods(seen);
  const looksForNode = seen.phase === "moving" || seen.phase === "lost";
  if (waiting === undefined && !looksForNode) return undefined;
  const { why, warnings = [] } = nextStep(facts.observed, seen.settings, seen.now);
  // What is no Warning asks nothing of anybody, and stands among what happened.
  const told = warnings.filter(({ type }) => type !== "Normal").map(({ message }) => message);
  const { what, toDo } = looksForNode ? looking(seen) : onNode(seen, waiting!, why);
  const whatAll = waiting === undefined ? what : [`a node for ${few(waiting.names, MOST_NAMES)}`, ...what];
  return {
    what: whatAll.join("; "),
    ...(waiting?.since && { since: waiting.since }),
    toDo: [...told, ...toDo],
  };
}

/** The placeholder has no node, and the pods can go only where it is. */
function looking({ schedulingMessage, record }: Sight): { what: string[]; toDo: string[] } {
  const than = record.movingFrom ? ` than ${record.movingFrom}` : "";
  const what = [`its ${PLACEHOLDER_COMPONENT}, which looks for another node${than}`];
  if (schedulingMessage !== undefined) what.push(`the scheduler: ${withoutPreemption(schedulingMessage)}`);
  const toDo = obstaclesIn(schedulingMessage ?? "").map(({ todo }) => todo);
  return { what, toDo: toDo.length === 0 ? ["Nothing: its pods follow its placeholder."] : toDo };
}

function onNode(
  { node, trouble }: Sight,
  { message }: { message?: string },
  why: string,
): { what: string[]; toDo: string[] } {
  const said = message === undefined ? [] : [`the scheduler: ${withoutPreemption(message)}`];
  if (trouble !== undefined) {
    return { what: [`its node ${node} ${trouble.what}`, ...said], toDo: [whatToDo(trouble, node!)] };
  }
  const toDo = [`The operator: ${why}. What else is on ${node}: map, or kubectl describe node ${node}`];
  return { what: said, toDo };
}
