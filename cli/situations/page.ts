/** `npm run docs` writes docs/why: for each situation, what kubectl describe and `why` say. A test keeps them true. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf } from "../why/queue";
import { whyText } from "../why/text";
import { described } from "./describe";
import * as held from "./held";
import * as placed from "./placed";
import type { Situation } from "./situation";

export const DIRECTORY = join(__dirname, "..", "..", "docs", "why");

/** Wide enough to read, and no wider than a page. */
const WIDTH = 118;

/** In the order in which a run comes to them. */
export const SITUATIONS: readonly Situation[] = [
  held.unschedulable,
  held.cannotFit,
  held.quota,
  held.waitingForClaim,
  held.queuePosition,
  held.contradiction,
  held.otherGate,
  held.operatorDown,
  placed.optedInTooLate,
  placed.timedOut,
  placed.cordon,
  placed.moved,
  placed.done,
];

export function pageOf({ title, make }: Situation): string {
  const { facts, now } = make();
  const { name, namespace } = facts.run.metadata!;
  return [
    title,
    "",
    `$ kubectl describe pipelinerun ${name} -n ${namespace}`,
    described(facts.run, facts.events, now),
    "",
    `$ npx pipelinerun-pod-affinity why ${nameOf(facts.run)}`,
    whyText(facts, now, { width: WIDTH, colour: false }),
    "",
  ].join("\n");
}

if (require.main === module) {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const situation of SITUATIONS) {
    writeFileSync(join(DIRECTORY, `${situation.name}.txt`), pageOf(situation));
  }
}
