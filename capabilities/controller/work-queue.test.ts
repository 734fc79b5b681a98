import { describe, expect, jest, test } from "@jest/globals";
import { retryDelay, WorkQueue, type WorkQueueOptions } from "./work-queue";

const options = (more: Partial<WorkQueueOptions> = {}): WorkQueueOptions => ({
  workers: 2,
  retryBaseMilliseconds: 1,
  retryLimitMilliseconds: 8,
  onFailure: () => undefined,
  ...more,
});

/** Workers start when what is told at the same time has been heard. */
const heard = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Work that stays under way until it is told to end, and counts what runs at once. */
function controlledWork() {
  const ends = new Map<string, () => void>();
  const started: string[] = [];
  let running = 0;
  let most = 0;
  const work = async (key: string): Promise<undefined> => {
    started.push(key);
    most = Math.max(most, ++running);
    await new Promise<void>(resolve => ends.set(key, resolve));
    running--;
  };
  const end = async (key: string) => {
    ends.get(key)!();
    await heard();
  };
  return { work, end, started, most: () => most };
}

/** Work that fails the first time. */
function failingOnce() {
  let tries = 0;
  const work = async (): Promise<undefined> => {
    if (++tries === 1) throw new Error("busy");
  };
  return { work, tries: () => tries };
}

function inFakeTime(run: () => Promise<void>): Promise<void> {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
  return run().finally(() => jest.useRealTimers());
}

describe("work queue", () => {
  test("works on a bounded number of keys at once, and on all in the end", async () => {
    const { work, end, started, most } = controlledWork();
    const queue = new WorkQueue(work, options());
    ["a", "b", "c", "d"].forEach(key => queue.add(key));
    await heard();
    expect(started).toEqual(["a", "b"]);
    expect(queue.size).toBe(2);
    for (const key of ["a", "b", "c", "d"]) await end(key);
    expect(started).toEqual(["a", "b", "c", "d"]);
    expect(most()).toBe(2);
  });

  test("merges equal keys, and never works twice on one at once", async () => {
    const { work, end, started } = controlledWork();
    const queue = new WorkQueue(work, options());
    queue.add("a");
    queue.add("a");
    await heard();
    expect(started).toEqual(["a"]);
    queue.add("a");
    queue.add("a");
    await end("a");
    expect(started).toEqual(["a", "a"]);
    await end("a");
    expect(started).toEqual(["a", "a"]);
  });

  test("works once on a key that is added several times at a time", async () => {
    const { work, end, started } = controlledWork();
    const queue = new WorkQueue(work, options());
    queue.add("a");
    queue.add("a");
    await heard();
    await end("a");
    expect(started).toEqual(["a"]);
    expect(queue.working).toBe(0);
  });

  test("serves the new and the continued by turns, each in the order in which they came", async () => {
    const { work, end, started } = controlledWork();
    const queue = new WorkQueue(work, options({ workers: 1 }));
    ["a", "b", "c", "d", "e"].forEach(key => queue.add(key));
    queue.add("x", "continued");
    queue.add("d", "continued");
    queue.add("d");
    await heard();
    for (const key of ["a", "x", "b", "d", "c", "e"]) {
      expect(started.at(-1)).toBe(key);
      await end(key);
    }
    expect(started).toHaveLength(6);
    expect(queue.size).toBe(0);
  });

  test("what is added while it is worked on waits in the line that it was added to", async () => {
    const { work, end, started } = controlledWork();
    const queue = new WorkQueue(work, options({ workers: 1 }));
    ["a", "b", "c"].forEach(key => queue.add(key));
    await heard();
    queue.add("a", "continued");
    queue.add("a");
    await end("a");
    expect(started).toEqual(["a", "a"]);
  });

  test("tells the work how often it has failed in a row", async () => {
    const told: number[] = [];
    const done = new Promise<void>(resolve => {
      const queue = new WorkQueue(async (_key, failures) => {
        told.push(failures);
        if (told.length < 4) throw new Error("busy");
        if (told.length > 4) resolve();
        else queue.add("a");
        return undefined;
      }, options());
      queue.add("a");
    });
    await done;
    expect(told).toEqual([0, 1, 2, 3, 0]);
  });

  test("a pause longer than timers can be set for is none that is over at once", async () => {
    const { work, started } = controlledWork();
    const queue = new WorkQueue(work, options());
    queue.addAfter("a", Infinity);
    queue.addAfter("b", 2 ** 31);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(started).toEqual([]);
    await queue.clear();
  });

  test("tries again after a failure, with its error told, until it succeeds", async () => {
    const failures: unknown[] = [];
    const done = new Promise<number>(resolve => {
      let tries = 0;
      const work = async (): Promise<undefined> => {
        if (++tries < 4) throw new Error(`try ${tries}`);
        resolve(tries);
      };
      const onFailure = (_key: string, error: unknown) => failures.push((error as Error).message);
      new WorkQueue(work, options({ onFailure })).add("a");
    });
    expect(await done).toBe(4);
    expect(failures).toEqual(["try 1", "try 2", "try 3"]);
  });

  test("comes back after the time that the work asked for", () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate"] });
    return (async () => {
      const { work, started } = controlledWork();
      const queue = new WorkQueue(work, options());
      queue.addAfter("a", 1000);
      jest.advanceTimersByTime(999);
      await heard();
      expect(started).toEqual([]);
      expect(queue.size).toBe(1);
      jest.advanceTimersByTime(1);
      await heard();
      expect(started).toEqual(["a"]);
      expect(queue.size).toBe(0);
    })().finally(() => jest.useRealTimers());
  });

  test("an event is worked on at once, though the key waits for its time", async () => {
    const { work, started } = controlledWork();
    const queue = new WorkQueue(work, options());
    queue.addAfter("a", 60_000);
    queue.add("a");
    await heard();
    expect(started).toEqual(["a"]);
    expect(queue.size).toBe(0);
  });

  test("an event is worked on after the pause that an error asks for, however long the next try would wait", () =>
    inFakeTime(async () => {
      const { work, tries } = failingOnce();
      const pauses = {
        retryBaseMilliseconds: 60_000,
        retryLimitMilliseconds: 60_000,
        leastPause: () => 1000,
      };
      const queue = new WorkQueue(work, options(pauses));
      queue.add("a");
      await heard();
      queue.add("a");
      jest.advanceTimersByTime(1001);
      await heard();
      expect(tries()).toBe(2);
    }));

  test("events do not shorten the pause that an error asks for", () =>
    inFakeTime(async () => {
      const { work, tries } = failingOnce();
      const queue = new WorkQueue(work, options({ leastPause: () => 3000 }));
      queue.add("a");
      await heard();
      queue.add("a");
      jest.advanceTimersByTime(2999);
      queue.add("a");
      await heard();
      expect(tries()).toBe(1);
      jest.advanceTimersByTime(1);
      await heard();
      expect(tries()).toBe(2);
      queue.add("a");
      await heard();
      expect(tries()).toBe(3);
    }));

  test("waits for as long as the error asks for", async () => {
    const pauses: number[] = [];
    const work = () => Promise.reject(new Error("busy"));
    const onFailure = (_key: string, _error: unknown, pause: number) => pauses.push(pause);
    const queue = new WorkQueue(work, options({ onFailure, leastPause: () => 3000 }));
    queue.add("a");
    await heard();
    expect(pauses).toEqual([3000]);
    void queue.clear();
  });

  test("forgets what waits, what waits for its time, and what was to be worked on again", async () => {
    const { work, end, started } = controlledWork();
    const queue = new WorkQueue(work, options({ workers: 1 }));
    ["running", "waiting"].forEach(key => queue.add(key));
    await heard();
    queue.add("running");
    queue.addAfter("later", 1);
    void queue.clear();
    expect(queue.size).toBe(0);
    await end("running");
    expect(started).toEqual(["running"]);
  });

  test.each([
    ["has to be looked at again", async () => 1],
    ["fails", () => Promise.reject(new Error("aborted"))],
  ])("what was worked on when all was forgotten is forgotten too where it %s", async (_what, ending) => {
    let end = (): void => undefined;
    const work = async (): Promise<number> => {
      await new Promise<void>(resolve => (end = resolve));
      return ending();
    };
    const queue = new WorkQueue(work, options());
    queue.add("a");
    await heard();
    const cleared = queue.clear();
    end();
    await cleared;
    expect(queue.size).toBe(0);
  });

  test.each([
    [1, 0, 250],
    [1, 1, 500],
    [2, 1, 1000],
    [5, 0, 4000],
    [100, 1, 60_000],
  ])("failure %d with random %d pauses %d ms", (failures, random, expected) => {
    expect(retryDelay(failures, 500, 60_000, () => random)).toBe(expected);
  });
});
