/** What people are told of nodes: the trouble that the controller sees, in a word, and what to do about it. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { endingKeys } from "../capabilities/choices/ending-keys";
import {
  HEALTHY,
  stateOf,
  troubleOf,
  type NodeState,
  type Trouble,
} from "../capabilities/placement/node-state";
import { SETTINGS } from "./why/settings";

const IS_ENDING = endingKeys(SETTINGS.NODE_ENDING_KEYS);

const WORDS = {
  gone: "gone",
  "out-of-service": "out of service",
  unreachable: "unreachable",
  "not-ready": "not ready",
  ending: "about to end",
  cordoned: "cordoned",
} as const;

export type NodeWord = "Ready" | (typeof WORDS)[keyof typeof WORDS];

/** The other kinds are about the run that looks. */
const isSaidByNode = (kind: Trouble["kind"] | undefined): kind is keyof typeof WORDS =>
  kind !== undefined && kind in WORDS;

/** Of any node. Which taints keep a run off it depends on the run. */
export function wordOf(node: V1Node): NodeWord {
  const kind = troubleOf(stateOf(node, IS_ENDING), [], IS_ENDING)?.kind;
  return isSaidByNode(kind) ? WORDS[kind] : "Ready";
}

/** As the controller sees the nodes that the pods are on. */
export function statesOf(pods: readonly V1Pod[], nodes: readonly V1Node[]): Map<string, NodeState> {
  const byName = new Map(nodes.map(node => [node.metadata!.name!, node]));
  const names = new Set(pods.flatMap(({ spec }) => spec?.nodeName || []));
  const states = [...names].map(name => [name, stateOf(byName.get(name), IS_ENDING)] as const);
  return new Map(states.filter(([, state]) => state !== HEALTHY));
}

const NOTHING = "Nothing: the run goes on elsewhere once nothing of it is active there.";

export function whatToDo({ kind }: Trouble, node: string): string {
  switch (kind) {
    case "cordoned":
      return `${NOTHING} To let it stay: kubectl uncordon ${node}`;
    case "gone":
      return `kubectl get node ${node}`;
    case "not-ready":
    case "unreachable":
    case "out-of-service":
      return `See why: kubectl describe node ${node}`;
    default:
      return NOTHING;
  }
}
