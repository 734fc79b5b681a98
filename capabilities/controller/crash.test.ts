/** A process that dies after a write, an answer that comes late, reads that lag, an event that never comes: the end is the same. */
import { describe, expect, jest, test } from "@jest/globals";
import { CASES } from "../testing/api/beginnings";
import type { ProcessOptions } from "../testing/api/controller-process";
import {
  deleteStatefulSets,
  endRuns,
  live as liveFor,
  tellStatefulSetsGone,
  untilOver,
  type Beginning,
  type End,
} from "../testing/api/lives";

const pass = (milliseconds: number): void => void jest.setSystemTime(Date.now() + milliseconds);

/** Time passes with each write, however busy the machine is; where a pod has to be late, until the look that is due. */
async function inTime<T>(
  { cluster }: Beginning,
  life: (options: Pick<ProcessOptions, "pass" | "meanwhile">) => Promise<T>,
): Promise<T> {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
  try {
    const meanwhile = () => pass(1);
    return await life(cluster?.makesNoPods === true ? { pass, meanwhile } : { meanwhile });
  } finally {
    jest.useRealTimers();
  }
}

const live = (beginning: Beginning, options: ProcessOptions = {}): Promise<End> =>
  inTime(beginning, timing => liveFor(beginning, { ...options, ...timing }));

const DEATHS = CASES.flatMap(one =>
  one.writes.map((write, index) => ({ ...one, write, diesAfter: index + 1 })),
);

/** What is somebody else's stays. */
const MEANWHILE = DEATHS.filter(({ step }) => step !== "wait").flatMap(one => [
  { ...one, what: "the run ends", happens: endRuns, takesResync: false },
  { ...one, what: "the StatefulSet is deleted", happens: deleteStatefulSets, takesResync: false },
  {
    ...one,
    what: "the StatefulSet is told to be gone, though it is there",
    ...{ happens: tellStatefulSetsGone, takesResync: true },
  },
]);

const LAGS = CASES.flatMap(one => [1, 4].map(lag => ({ ...one, lag })));

/** A process that dies with its run's release does not tell of that; the run's labels do. */
const isLasting = (reason: string): boolean => reason !== "Placed";

describe("from where this step is taken", () => {
  test.each(CASES)("$step: what is written until nothing is left to do", async ({ writes, ...beginning }) => {
    expect((await live(beginning)).writes).toEqual(writes);
  });

  test.each(DEATHS)(
    "$step: the process dies after write $diesAfter, $write",
    async ({ diesAfter, ...beginning }) => {
      const undisturbed = await live(beginning);
      const disturbed = await live(beginning, { diesAfter });
      expect(disturbed.writes).toHaveLength(diesAfter);
      expect(disturbed.objects).toEqual(undisturbed.objects);
      expect(disturbed.told.filter(isLasting)).toEqual(undisturbed.told.filter(isLasting));
    },
  );

  test.each(MEANWHILE)(
    "$step: $what before write $diesAfter, $write, is answered; once its run is over, nothing is left of its placeholder",
    async ({ diesAfter, happens, takesResync, ...beginning }) => {
      const meanwhile = { write: diesAfter, happens, takesResync };
      const over = (options: ProcessOptions) => untilOver(beginning, meanwhile, options);
      const { known, objects } = await inTime(beginning, over);
      const left = (objects as { kind: string }[]).filter(({ kind }) =>
        ["statefulsets", "pods"].includes(kind),
      );
      expect({ known, left }).toEqual({ known: [], left: [] });
    },
  );

  test.each(LAGS)("$step: the watches are $lag events behind", async ({ lag, ...beginning }) => {
    const { events: _events, ...end } = await live(beginning);
    expect(await live(beginning, { lag })).toMatchObject(end);
  });

  test.each(CASES)("$step: an event never comes, whichever it is", async beginning => {
    const { events, writes: _writes, ...end } = await live(beginning);
    for (let misses = 1; misses <= events; misses++) {
      expect({ misses, ...(await live(beginning, { misses })) }).toMatchObject({ misses, ...end });
    }
  });
});

test("every kind of step that writes has its rows", () => {
  const kinds = new Set(CASES.map(({ step }) => step));
  const titles = CASES.map(({ step, because = "" }) => `${step} ${because}`);
  expect(new Set(titles).size).toBe(CASES.length);
  expect([...kinds].sort()).toEqual(
    [
      ...["cancel", "delete-claims", "delete-placeholder", "let-go", "make-placeholder", "make-pod"],
      ...["note-claims", "note-node", "pin-placeholder", "release", "remake-pod", "reserve-again", "resize"],
      ...["settle-placeholder", "start-over", "wait", "withdraw-growth"],
    ].sort(),
  );
});
