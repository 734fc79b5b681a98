/** Chance that replays: it depends on the seed and on what is asked, not on what was asked before. */
import { createHash } from "node:crypto";

/** @returns a number from 0 to below 1, the same for the same seed and words */
export function chance(seed: number, ...words: (string | number)[]): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([seed, ...words]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** Numbers from 0 to below 1, one after another. */
export function sequence(seed: number, ...words: (string | number)[]): () => number {
  let index = 0;
  return () => chance(seed, ...words, index++);
}
