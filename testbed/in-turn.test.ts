import { expect, test } from "@jest/globals";
import { inTurn, type ClearingStep } from "./in-turn";

const done: string[] = [];
const step = (what: string, work: () => Promise<unknown> | undefined): ClearingStep => ({
  what,
  milliseconds: 50,
  work: () => {
    done.push(what);
    return work();
  },
});
const well = (what: string): ClearingStep => step(what, () => Promise.resolve());

test("all are done in order, and what failed is told together", async () => {
  done.length = 0;
  const cause = new Error("no");
  const steps = [
    step("stop", () => Promise.reject(cause)),
    well("remove"),
    step("hang", () => new Promise(() => undefined)),
    step("throw", () => {
      throw new Error("at once");
    }),
    well("release"),
  ];
  const thrown = await inTurn(steps).catch((error: Error) => error);
  expect(thrown).toMatchObject({
    message: "could not stop: no; could not hang: it took more than 0.05 s; could not throw: at once",
    cause,
  });
  expect(done).toEqual(["stop", "remove", "hang", "throw", "release"]);
});

test("a step that is done begins before the next one, and nothing is said when all went well", async () => {
  const order: string[] = [];
  const slow = async () => {
    order.push("slow begins");
    await new Promise(resolve => setTimeout(resolve, 5));
    order.push("slow ends");
  };
  await expect(inTurn([step("a", slow), step("b", async () => order.push("next"))])).resolves.toBeUndefined();
  expect(order).toEqual(["slow begins", "slow ends", "next"]);
});
