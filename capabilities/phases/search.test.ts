/** A bounded search over the table: every state that a small cluster can come to, see testing/model. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  claimsAgainstWish,
  heldForEver,
  heldSilently,
  movedFromItsRun,
  neverOver,
  notLookedAtAgain,
  otherThanDeclared,
  shrunkUnstarted,
  split,
  stepsInCircles,
  unnamedChanges,
} from "../testing/model/checks";
import { SCENARIOS } from "../testing/model/scenarios";
import { search, type Found } from "../testing/model/search";
import { CLUSTER_CHANGES } from "./cluster-changes";
import { TABLE } from "./table";

const reached = { rows: new Set<string>(), changes: new Set<string>() };

/** A few are enough to see what is wrong. */
const SHOWN = 3;

describe.each(SCENARIOS)("$name", scenario => {
  let found: Found;
  beforeAll(() => {
    found = search(scenario);
    for (const { row, phase, edges } of found.states) {
      reached.rows.add(row.name);
      for (const { kind, to } of edges) if (kind !== "step") reached.changes.add(`${phase} to ${to.phase}`);
    }
  });

  test.each([
    { what: "every held run is let go or ends, if nothing more goes wrong", check: heldForEver },
    { what: "every run ends and leaves nothing behind, if nothing more goes wrong", check: neverOver },
    { what: "every held run that waits says why", check: heldSilently },
    { what: "what time alone changes is looked at again", check: notLookedAtAgain },
    { what: "no steps undo each other", check: stepsInCircles },
    { what: "no placeholder leaves active pods of its run", check: movedFromItsRun },
    { what: "no run is on two nodes", check: split },
    { what: "nothing is shrunk before its kubelet has told of it", check: shrunkUnstarted },
    { what: "claims go with the run that asks for it, and not before its pods", check: claimsAgainstWish },
    { what: "rows take the steps, and lead to the phases, that they say", check: otherThanDeclared },
    { what: "what the cluster changes is on the page about the phases", check: unnamedChanges },
  ])("$what", ({ check }) => {
    expect(found.isCut).toBe(false);
    expect(check(found).slice(0, SHOWN)).toEqual([]);
  });
});

describe("of all of them together", () => {
  test("every row of the table is reached", () => {
    expect(TABLE.map(({ name }) => name).filter(name => !reached.rows.has(name))).toEqual([]);
  });

  test("everything comes about that the page says of the cluster", () => {
    const named = CLUSTER_CHANGES.map(({ from, to }) => `${from} to ${to}`);
    expect(named.filter(change => !reached.changes.has(change))).toEqual([]);
  });
});
