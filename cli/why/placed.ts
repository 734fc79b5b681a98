/** What a run that was let go to its placeholder waits for. */
import { PLACEHOLDER_COMPONENT } from "../../capabilities/keys";
import type { Sight } from "../../capabilities/phases/sight";
import { nextStep } from "../../capabilities/phases/table";
import { hasNode } from "../../capabilities/phases/observed";
import type { V1Pod } from "@kubernetes/client-node";
import { few } from "../words";
import type { RunFacts } from "./facts";
import { nodeStateOf, type NodeState } from "./node-state";
import { podName } from "./pods";
import { obstaclesIn, withoutPreemption } from "./scheduler-words";
import type { Wait } from "./standing";

const MOST_NAMES = 5;

const OF_NODE: Record<Exclude<NodeState, "Ready">, { what: string; todo: string }> = {
  cordoned: { what: "is cordoned", todo: "kubectl uncordon" },
  "not ready": { what: "is not ready", todo: "See why: kubectl describe node" },
  gone: {
    what: "is gone; its placeholder looks for another one when its pod is deleted",
    todo: "kubectl get node",
  },
};

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
  const told = warnings.map(({ message }) => message);
  const { what, toDo } = looksForNode ? looking(seen) : onNode(facts, seen, waiting!, why);
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
  { nodes }: RunFacts,
  { node }: Sight,
  { message }: { message?: string },
  why: string,
): { what: string[]; toDo: string[] } {
  const state = node === undefined || nodes === undefined ? "Ready" : nodeStateOf(node, nodes);
  const said = message === undefined ? [] : [`the scheduler: ${withoutPreemption(message)}`];
  if (state !== "Ready") {
    const { what, todo } = OF_NODE[state];
    return { what: [`its node ${node} ${what}`, ...said], toDo: [`${todo} ${node}`] };
  }
  const toDo = [`The operator: ${why}. What else is on ${node}: map, or kubectl describe node ${node}`];
  return { what: said, toDo };
}
