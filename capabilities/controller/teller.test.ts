import { beforeEach, expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import { answer } from "../testing/fake-cluster";
import type { Warning } from "../tekton/warning";
import { Teller } from "./teller";

const { run } = aRun().held();
const warning = (message = "no node"): Warning => ({ reason: "WaitingForNode", about: "node", message });

interface Asked {
  what: "warn" | "repeat";
  message: string;
  count?: number | undefined;
}

/** An API server that keeps one Event. */
class Events {
  readonly asked: Asked[] = [];
  /** How often it was told; 0 when there is none. */
  count = 0;

  warn = async (_run: unknown, { message }: Warning): Promise<boolean> => {
    this.asked.push({ what: "warn", message });
    if (this.count > 0) return false;
    this.count = 1;
    return true;
  };
  repeat = async (_run: unknown, { message }: Warning, count: number | undefined): Promise<number> => {
    this.asked.push({ what: "repeat", message, count });
    if (this.count === 0) throw answer(404, "not found");
    return (this.count = count ?? this.count + 1);
  };
}

let seconds: number;
let events: Events;
let teller: Teller;
const tellerOf = () => new Teller({ runs: events }, "me", () => new Date(seconds * 1000));
const tellAt = async (at: number, message?: string) => {
  seconds = at;
  await teller.tell(run, [warning(message)]);
  await new Promise(setImmediate);
};

beforeEach(() => {
  seconds = 0;
  events = new Events();
  teller = tellerOf();
});

test("what goes on becomes a series, in the words of now", async () => {
  await tellAt(0);
  await tellAt(1);
  await tellAt(6, "no node of 4");
  await tellAt(12, "no node of 5");
  expect(events.asked).toEqual([
    { what: "warn", message: "no node" },
    { what: "repeat", message: "no node of 5", count: 3 },
  ]);
});

test("a process that follows another makes no second Event, and goes on with its count", async () => {
  events.count = 7;
  await tellAt(0);
  await tellAt(20);
  expect(events.asked[1]).toEqual({ what: "repeat", message: "no node", count: undefined });
  await tellAt(40);
  expect(events.asked[2]).toEqual({ what: "repeat", message: "no node", count: 9 });
});

test("an Event that is no longer kept is made anew", async () => {
  await tellAt(0);
  events.count = 0;
  await tellAt(4000);
  await tellAt(4001);
  expect(events.asked.map(({ what }) => what)).toEqual(["warn", "repeat", "warn"]);
});
