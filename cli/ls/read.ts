/** Reads runs with what belongs to them. Lists alone; what may not be read is noted. */
import { PLACEHOLDER_LABEL, PLACEHOLDER_SELECTOR } from "../../capabilities/keys";
import type { CoreV1Event } from "@kubernetes/client-node";
import { reading, type Connection, type Notes } from "../connection";
import { Lists } from "../lists";
import { UNPLACED } from "../why/read";
import { toldEvent, type ToldEvent } from "../why/told-event";
import type { Listed } from "./rows";

/** By NAMESPACE/NAME of the run that they are about. */
function byRun(events: readonly CoreV1Event[]): Map<string, ToldEvent[]> {
  const told = new Map<string, ToldEvent[]>();
  for (const event of events) {
    const { namespace, name } = event.involvedObject;
    const key = `${namespace}/${name}`;
    told.set(key, [...(told.get(key) ?? []), toldEvent(event)]);
  }
  return told;
}

/**
 * @param namespace undefined: all
 * @param labelSelector which runs
 * @throws Error when PipelineRuns may not be listed there
 */
export async function readListed(
  { clients }: Connection,
  { namespace, labelSelector }: { namespace: string | undefined; labelSelector: string },
  notes: Notes,
): Promise<Listed> {
  const lists = new Lists(clients);
  const of = (selector: string) => ({ namespace, labelSelector: selector });
  const ofRuns = { namespace, fieldSelector: "involvedObject.kind=PipelineRun" };
  const held = namespace === undefined ? Promise.resolve([]) : lists.runs({ labelSelector: UNPLACED });
  const [runs, statefulSets, pods, taskRuns, events, all] = await Promise.all([
    reading("PipelineRuns", lists.runs(of(labelSelector))),
    notes.ifAllowed(
      "StatefulSets",
      "placeholders are not known",
      lists.statefulSets(of(PLACEHOLDER_SELECTOR)),
    ),
    notes.ifAllowed("pods", "nodes are not known", lists.pods(of(PLACEHOLDER_LABEL))),
    notes.ifAllowed("TaskRuns", "what is still to come is not known", lists.taskRuns(of(PLACEHOLDER_LABEL))),
    notes.ifAllowed("Events", "what was told is not known", lists.events(ofRuns)),
    notes.ifAllowed(
      "PipelineRuns of all namespaces",
      "places in the queue are those in the namespace alone",
      held,
    ),
  ]);
  return {
    ...{ runs, statefulSets: statefulSets ?? [], pods: pods ?? [], taskRuns: taskRuns ?? [] },
    events: byRun(events ?? []),
    held: namespace === undefined ? runs : (all ?? runs),
    within: all === undefined ? "namespace" : "cluster",
    isPartial: statefulSets === undefined || pods === undefined,
  };
}
