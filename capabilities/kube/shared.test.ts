import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { Shared } from "./shared";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function counting() {
  let reads = 0;
  return { read: () => Promise.resolve(++reads), reads: () => reads };
}

test("all who ask at the same time, and for a moment after, get one read", async () => {
  const shared = new Shared<number>(500);
  const { read, reads } = counting();
  expect(await Promise.all([shared.get("a", read), shared.get("a", read)])).toEqual([1, 1]);
  jest.advanceTimersByTime(500);
  expect(await shared.get("a", read)).toBe(1);
  jest.advanceTimersByTime(1);
  expect(await shared.get("a", read)).toBe(2);
  expect(reads()).toBe(2);
});

test("what is another's is read for itself", async () => {
  const shared = new Shared<number>(500);
  const { read } = counting();
  expect([await shared.get("a", read), await shared.get("b", read)]).toEqual([1, 2]);
});

test("a read that failed is not shared with those who ask later", async () => {
  const shared = new Shared<number>(500);
  const { read } = counting();
  await expect(shared.get("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await shared.get("a", read)).toBe(1);
});

test("the failure of an old read does not undo a newer one", async () => {
  const shared = new Shared<number>(500);
  const { read, reads } = counting();
  let fail: (error: Error) => void = () => undefined;
  const slow = shared.get("a", () => new Promise((_resolve, reject) => (fail = reject)));
  jest.advanceTimersByTime(501);
  expect(await shared.get("a", read)).toBe(1);
  fail(new Error("timed out"));
  await expect(slow).rejects.toThrow();
  expect(await shared.get("a", read)).toBe(1);
  expect(reads()).toBe(1);
});
