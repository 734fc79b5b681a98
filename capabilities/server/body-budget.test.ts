import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { BodyBudget, type Release } from "./body-budget";

const LIMITS = { bytes: 10, bytesOfAddress: 6, waitingOfAddress: 2, waitMilliseconds: 1000 };
const budget = () => new BodyBudget(LIMITS);
/** What has come of it by now. */
async function soFar<T>(work: Promise<T>): Promise<T | "waits"> {
  await Promise.resolve();
  return Promise.race([work, Promise.resolve("waits" as const)]);
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a body", () => {
  test("is read at once while there is room, of its address and of all", async () => {
    const all = budget();
    expect(await soFar(all.take("a", 6))).toBeInstanceOf(Function);
    expect(await soFar(all.take("a", 1))).toBe("waits");
    expect(await soFar(all.take("b", 4))).toBeInstanceOf(Function);
    expect(await soFar(all.take("c", 1))).toBe("waits");
  });

  test("gets its turn when another is done with, and that counts once", async () => {
    const all = budget();
    const release = (await all.take("a", 6)) as Release;
    const next = all.take("a", 6);
    const last = all.take("a", 6);
    release();
    release();
    expect(await soFar(next)).toBeInstanceOf(Function);
    expect(await soFar(last)).toBe("waits");
  });

  test("of one address waits for none of another that sends very many", async () => {
    const all = new BodyBudget({ ...LIMITS, waitingOfAddress: 100 });
    const first = (await all.take("flood", 6)) as Release;
    const flood = Array.from({ length: 50 }, () => all.take("flood", 6));
    const small = (await soFar(all.take("api-server", 4))) as Release;
    expect(small).toBeInstanceOf(Function);
    const second = all.take("api-server", 4);
    first();
    expect(await soFar(flood[0]!)).toBeInstanceOf(Function);
    small();
    expect(await soFar(second)).toBeInstanceOf(Function);
    expect(await soFar(flood[1]!)).toBe("waits");
  });

  test("is refused where too many of its address wait", async () => {
    const all = budget();
    for (let count = 0; count < 3; count++) void all.take("a", 6);
    expect(await all.take("a", 1)).toBe("too many wait");
    expect(await soFar(all.take("b", 4))).toBeInstanceOf(Function);
  });

  test("that has waited for too long is refused, and keeps none behind it", async () => {
    const all = budget();
    await all.take("a", 4);
    const large = all.take("a", 6);
    const small = all.take("a", 2);
    jest.advanceTimersByTime(999);
    expect(await soFar(large)).toBe("waits");
    jest.advanceTimersByTime(1);
    expect(await large).toBe("waited too long");
    expect(await small).not.toBe("waits");
  });
});
