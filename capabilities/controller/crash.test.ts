/** A process that dies after a write, reads that lag, an event that never comes: the end is the same. */
import { describe, expect, test } from "@jest/globals";
import { CASES } from "../testing/api/beginnings";
import { live } from "../testing/api/lives";

const DEATHS = CASES.flatMap(one =>
  one.writes.map((write, index) => ({ ...one, write, diesAfter: index + 1 })),
);

describe("from where this step is taken", () => {
  test.each(CASES)("$step: what is written until nothing is left to do", async ({ writes, ...beginning }) => {
    expect((await live(beginning)).writes).toEqual(writes);
  });

  test.each(DEATHS)(
    "$step: the process dies after write $diesAfter, $write",
    async ({ diesAfter, lostEvent, ...beginning }) => {
      const undisturbed = await live(beginning);
      const disturbed = await live(beginning, { diesAfter });
      expect(disturbed.writes).toHaveLength(diesAfter);
      expect(disturbed.objects).toEqual(undisturbed.objects);
      const isHeard = (reason: string) => reason !== lostEvent;
      expect(disturbed.told.filter(isHeard)).toEqual(undisturbed.told.filter(isHeard));
    },
  );

  test.each(CASES)("$step: the watches are one event behind", async beginning => {
    const { objects, told } = await live(beginning);
    expect(await live(beginning, { lags: true })).toMatchObject({ objects, told });
  });

  test.each(CASES)("$step: an event never comes, whichever it is", async beginning => {
    const { objects, told, events } = await live(beginning);
    for (let misses = 1; misses <= events; misses++) {
      expect({ misses, ...(await live(beginning, { misses })) }).toMatchObject({ misses, objects, told });
    }
  });
});

test("every kind of step that writes has its rows", () => {
  const kinds = new Set(CASES.map(({ step }) => step));
  expect(kinds.size).toBe(CASES.length);
  expect([...kinds].sort()).toEqual(
    [
      ...["cancel", "delete-placeholder", "let-go", "make-placeholder", "pin-placeholder", "release"],
      ...["remake-pod", "resize", "settle-placeholder", "start-over", "wait", "withdraw-growth"],
    ].sort(),
  );
});
