/** Faults come in phases, with calm between them in which bounds count. */

export interface Phase {
  /** Milliseconds after the start. */
  at: number;
  isCalm: boolean;
}

const FIRST_FAULT_MILLISECONDS = 2_000;
/**
 * About as long as one phase of faults and the calm after it take: a bound that begins in a calm has to be over in it, on a
 * slow machine as well.
 */
const CYCLE_MILLISECONDS = 120_000;
const SHARE_OF_FAULTS = 0.45;

/** Begins and ends calm; the last calm goes on while what was begun comes to its end. */
export function phasesOf(end: number): Phase[] {
  const cycles = Math.max(1, Math.floor(end / CYCLE_MILLISECONDS));
  const length = end / cycles;
  return [
    { at: 0, isCalm: true },
    ...Array.from({ length: cycles }, (_, index) => [
      { at: Math.round(index * length) + FIRST_FAULT_MILLISECONDS, isCalm: false },
      { at: Math.round((index + SHARE_OF_FAULTS) * length), isCalm: true },
    ]).flat(),
  ];
}
