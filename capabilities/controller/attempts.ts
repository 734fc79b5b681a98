/**
 * A large run may cost the process that works out its demand its life, and then the next one. So each process writes its
 * name on such a run before it begins: one that two have not survived is set aside. Pure, but for what is counted.
 */
import { ATTEMPTS_ANNOTATION, OPT_IN_LABEL, OPTED_OUT } from "../keys";
import type { Warning } from "../tekton/warning";
import type { PipelineRun } from "../tekton/objects";

/** Characters of a run and its definitions, from which on an attempt is worth a write. */
export const LARGE_CHARACTERS = 200 * 1024;
/** So many processes it may have cost their lives. */
const MOST_LOST = 2;
/** Of the annotation; those that did not survive are kept before all others. */
const MOST_ATTEMPTS = 6;

interface Attempt {
  /** Of one life: a process that is started again has another name. */
  process: string;
  /** The demand was worked out, whatever came of it then. */
  survived: boolean;
}

const WRITTEN = /^([\w.-]{1,300})(:survived)?$/;
const LONGEST = MOST_ATTEMPTS * 320;

/** Of what this operator did not write: none. */
export function attemptsOf({ metadata }: PipelineRun): Attempt[] {
  const text: unknown = metadata?.annotations?.[ATTEMPTS_ANNOTATION];
  if (typeof text !== "string" || text.length > LONGEST) return [];
  const parts = text.split(",").map(part => WRITTEN.exec(part));
  if (parts.some(part => part === null)) return [];
  const attempts = parts.map(part => ({ process: part![1]!, survived: part![2] !== undefined }));
  return [...new Map(attempts.map(one => [one.process, one])).values()];
}

const asText = (attempts: readonly Attempt[]): string => {
  const lost = attempts.filter(({ survived }) => !survived);
  const all = [...attempts.filter(({ survived }) => survived), ...lost].slice(-MOST_ATTEMPTS);
  return all.map(({ process, survived }) => (survived ? `${process}:survived` : process)).join(",");
};

/** @param me this process: it lives */
export const isSetAside = (run: PipelineRun, me: string): boolean =>
  attemptsOf(run).filter(({ process, survived }) => !survived && process !== me).length >= MOST_LOST;

/** @returns the annotation's value when this process begins; undefined when it says so already */
export function begunBy(run: PipelineRun, me: string): string | undefined {
  const attempts = attemptsOf(run);
  if (attempts.some(({ process }) => process === me)) return undefined;
  return asText([...attempts, { process: me, survived: false }]);
}

/** @returns the annotation's value once this process has worked the demand out; undefined when there is nothing to write */
export function survivedBy(run: PipelineRun, me: string): string | undefined {
  const attempts = attemptsOf(run);
  const survives = ({ process, survived }: Attempt): boolean => process === me && !survived;
  if (!attempts.some(survives)) return undefined;
  return asText(attempts.map(one => (one.process === me ? { ...one, survived: true } : one)));
}

/** The same, once a placeholder shows that all have. */
export function survivedByAll(run: PipelineRun): string | undefined {
  const attempts = attemptsOf(run);
  if (attempts.every(({ survived }) => survived)) return undefined;
  return asText(attempts.map(one => ({ ...one, survived: true })));
}

/** Calls `then`, once, before the characters that are added come to so many. */
export function onceAt(most: number, then: (characters: number) => Promise<void>) {
  let total = 0;
  return async (characters: number): Promise<void> => {
    const before = total;
    total += characters;
    if (before < most && total >= most) await then(total);
  };
}

export const SET_ASIDE = "it is set aside: two controllers ended while they worked out what it needs";

export const setAsideWarning = (): Warning => ({
  reason: "SetAside",
  message:
    `The run is set aside, because ${MOST_LOST} controllers ended while they worked out what it needs: it, or what its ` +
    `pipeline names, is too large or too intricate. Make the pipeline smaller, or let the run start without ` +
    `co-location by setting its label ${OPT_IN_LABEL} to "${OPTED_OUT}". If they ended for another reason, remove its ` +
    `annotation ${ATTEMPTS_ANNOTATION}: it is tried again then.`,
});
