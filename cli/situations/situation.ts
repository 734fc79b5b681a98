/** A situation in which somebody asks why. */
import type { Observed } from "../../capabilities/phases/observed";
import type { RunFacts } from "../why/facts";
import { toldEvent } from "../why/told-event";
import { at, type Story } from "./story";

export interface Known {
  facts: RunFacts;
  now: Date;
}

export interface Situation {
  /** Of its file in docs/why. */
  name: string;
  title: string;
  make: () => Known;
}

/** @param seconds after the start, at which it is asked */
export const known = (
  { run, events }: Story,
  observed: Observed,
  seconds: number,
  more: Partial<RunFacts> = {},
): Known => ({
  facts: { run, observed, events: events.map(toldEvent), neighbours: [], notes: [], ...more },
  now: at(seconds),
});
