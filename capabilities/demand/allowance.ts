/** How much of a run is still read. It is asked before anything is built. */
import { LONGEST_TEXT, MOST_CHARACTERS } from "./limits";
import { isObject } from "./untrusted";

/** Of those texts that are too long, so many are named. */
const MOST_NAMED = 3;
const shortened = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

export class Allowance {
  private readonly tooLong = new Set<string>();
  private left = MOST_CHARACTERS;

  /** @returns false, and nothing is taken, when less is left */
  takes(characters: number): boolean {
    if (characters > this.left) return false;
    this.left -= characters;
    return true;
  }

  /** For a text that becomes so long when its parameters are put in. */
  takesText(text: string, characters: number): boolean {
    if (characters <= LONGEST_TEXT && this.takes(characters)) return true;
    if (this.tooLong.size < MOST_NAMED) this.tooLong.add(shortened(text));
    return false;
  }

  notes(): string[] {
    if (this.tooLong.size === 0) return [];
    return [
      `Parameters are put in up to ${LONGEST_TEXT} characters in one place and ${MOST_CHARACTERS} in all; ` +
        `more would come of ${[...this.tooLong].join(", ")}.`,
    ];
  }
}

/**
 * About how many characters the value has as JSON, or `most` when it has as many. Takes no more time than to write it,
 * however deep it is.
 */
export function sizeOf(value: unknown, most = Infinity): number {
  let size = 0;
  const left: unknown[] = [value];
  while (left.length > 0 && size < most) {
    const item = left.pop();
    size += 4;
    if (typeof item === "string") size += item.length;
    else if (Array.isArray(item)) for (const each of item) left.push(each);
    else if (isObject(item)) {
      for (const [name, each] of Object.entries(item)) {
        size += name.length + 4;
        left.push(each);
      }
    }
  }
  return Math.min(size, most);
}
