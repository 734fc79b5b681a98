/** What befalls placeholders, nodes and controllers. */
import { Chance } from "../chance";
import type { Phase } from "./phases";

export type Disturbance = { at: number } &
  /** Of a run whose pods are active, unless it is `anyone`. */
  (| { kind: "placeholder"; how: Loss; pick: number; anyone: boolean }
    | { kind: "cordon"; pick: number; milliseconds: number }
    | { kind: "add node"; name: string; zone: string }
    | { kind: "remove node"; pick: number }
    /** `whom` 0 is the one that acts, 1 the other. */
    | { kind: "kill controller"; whom: 0 | 1 }
    | { kind: "stop controller"; whom: 0 | 1; milliseconds: number }
    | { kind: "take Lease"; milliseconds: number }
    | { kind: "kill all controllers"; milliseconds: number }
  );

export const LOSSES = ["delete pod", "evict pod", "preempt pod", "delete StatefulSet"] as const;
export type Loss = (typeof LOSSES)[number];

export const ZONES = 6;
const ZONE_NAMES = Array.from({ length: ZONES }, (_, index) => `zone-${index}`);
export const NODES_AT_START = 12;
export const nodeAtStart = (index: number) => ({ name: `node-${index}`, zone: ZONE_NAMES[index % ZONES]! });

/** Mean pauses, in milliseconds. */
const PAUSES = { loss: 400, cordon: 6_000, addNode: 25_000, removeNode: 25_000, controller: 7_000 };
/** Of a phase of faults: after that a controller has to live with what they did to it. */
const SHARE_WITH_DEATHS = 0.6;
const SHARE_OF_ANYONE = 0.25;
/** Its pods stay for about a minute when a node is deleted, which a short soak does not wait for. */
const AFTER_REMOVAL_MILLISECONDS = 90_000;

/** Times between `from` and `until`, on average a pause apart. */
function times(chance: Chance, from: number, until: number, pause: number): number[] {
  const found: number[] = [];
  for (let at = from + chance.draw() * pause; at < until; at += (0.3 + 1.4 * chance.draw()) * pause) {
    found.push(Math.round(at));
  }
  return found;
}

/** There has to be a controller for a good part of a phase: one that is dead meets no faults. */
const MOST_STOPPED_MILLISECONDS = 12_000;
const MOST_SHARE_STOPPED = 0.2;

function toController(chance: Chance, at: number, phase: { from: number; until: number }): Disturbance {
  const whom = chance.happens(0.7) ? 0 : 1;
  const most = Math.min(MOST_STOPPED_MILLISECONDS, (phase.until - phase.from) * MOST_SHARE_STOPPED);
  const milliseconds = Math.round(Math.min(phase.until - at, 1_000 + chance.draw() * most));
  const kind = chance.weighted({
    ...{ "kill controller": 5, "stop controller": 5, "take Lease": 5 },
    "kill all controllers": 1,
  });
  return kind === "kill controller" ? { at, kind, whom } : { at, kind, whom, milliseconds };
}

/** Controllers are killed and stopped, and lose their Lease, while there are faults; everything else happens at any time. */
export function disturbances(seed: number, phases: readonly Phase[], end: number): Disturbance[] {
  const losses = new Chance(seed, "placeholders");
  const nodes = new Chance(seed, "nodes");
  const controllers = new Chance(seed, "controllers");
  const all: Disturbance[] = [
    ...times(losses, 3_000, end, PAUSES.loss).map(at => {
      const how = losses.weighted<Loss>({
        "delete pod": 5,
        "evict pod": 4,
        "preempt pod": 2,
        "delete StatefulSet": 3,
      });
      const anyone = losses.happens(SHARE_OF_ANYONE);
      return { at, kind: "placeholder" as const, how, pick: losses.draw(), anyone };
    }),
    ...times(nodes, 3_000, end - 10_000, PAUSES.cordon).map(at => ({
      ...{ at, kind: "cordon" as const, pick: nodes.draw() },
      milliseconds: nodes.whole(2_000, 9_000),
    })),
    ...times(nodes, 5_000, end - 10_000, PAUSES.addNode).map((at, index) => ({
      ...{ at, kind: "add node" as const, name: `node-more-${index}` },
      zone: nodes.one(ZONE_NAMES),
    })),
    ...times(nodes, 10_000, end - AFTER_REMOVAL_MILLISECONDS, PAUSES.removeNode).map(at => ({
      ...{ at, kind: "remove node" as const, pick: nodes.draw() },
    })),
    ...phases.flatMap(({ at, isCalm }, index) => {
      const until = phases[index + 1]?.at ?? end;
      if (isCalm) return [];
      const last = at + (until - at) * SHARE_WITH_DEATHS;
      return times(controllers, at, last, PAUSES.controller).map(time =>
        toController(controllers, time, { from: at, until }),
      );
    }),
  ];
  return all.sort((one, other) => one.at - other.at);
}
