/** Times and amounts as people read them. */
import { toQuantities, type Resources } from "../capabilities/demand/resources";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (large: string, small: string, milliseconds: number, of: number, rest: number): string => {
  const left = Math.floor((milliseconds % of) / rest);
  return `${Math.floor(milliseconds / of)}${large}${left === 0 ? "" : `${left}${small}`}`;
};

/** As kubectl says how old something is (apimachinery's duration.HumanDuration). */
export function duration(milliseconds: number): string {
  if (milliseconds < 0) return "0s";
  if (milliseconds < 2 * MINUTE) return `${Math.floor(milliseconds / SECOND)}s`;
  if (milliseconds < 10 * MINUTE) return two("m", "s", milliseconds, MINUTE, SECOND);
  if (milliseconds < 3 * HOUR) return `${Math.floor(milliseconds / MINUTE)}m`;
  if (milliseconds < 8 * HOUR) return two("h", "m", milliseconds, HOUR, MINUTE);
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)}h`;
  if (milliseconds < 8 * DAY) return two("d", "h", milliseconds, DAY, HOUR);
  return `${Math.floor(milliseconds / DAY)}d`;
}

/** Hours, minutes and seconds in UTC, with the day when that is not the same. */
export function clock(at: Date, now: Date): string {
  const [day, time] = at.toISOString().slice(0, 19).split("T");
  return now.toISOString().startsWith(day!) ? time! : `${day} ${time}`;
}

export const amounts = (resources: Resources): string =>
  Object.entries(toQuantities(resources))
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(", ") || "nothing";

const ORDINALS: Record<string, string> = { one: "st", two: "nd", few: "rd", other: "th" };
const rules = new Intl.PluralRules("en", { type: "ordinal" });
export const ordinal = (position: number): string => `${position}${ORDINALS[rules.select(position)]}`;

/** At most some of many, and how many more there are. */
export function few(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
