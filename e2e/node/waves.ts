/** The run that shows the hand-over: three waves, each smaller than the last, in shares of this machine's processors. */
import { cpus } from "node:os";
import { after, cpu } from "../fit/fixture";

const SECONDS = 2;

const part = (share: number): string => `${Math.round(cpus().length * share * 1000)}m`;

export const PEAK = part(0.8);

/** No two waves have room beside each other. */
export const waves = () => [
  cpu("large", PEAK, {}, SECONDS),
  cpu("left", part(0.3), after("large"), SECONDS),
  cpu("right", part(0.3), after("large"), SECONDS),
  cpu("small", part(0.2), after("left", "right"), SECONDS),
];
