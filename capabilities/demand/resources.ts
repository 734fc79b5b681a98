/** Amounts of what pods ask for, counted as kube-scheduler counts them. */
import { MOST_RESOURCES } from "./limits";
import { entriesOf, writtenOf } from "./untrusted";

/** Amounts by resource name: cpu in thousandths, everything else in whole units (bytes, devices), rounded up. */
export type Resources = Readonly<Record<string, number>>;

export const NOTHING: Resources = Object.freeze({});

export const EPHEMERAL_STORAGE = "ephemeral-storage";

const DECIMAL_EXPONENTS: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const QUANTITY = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|[KMGTPE]i))?$/;
/** Longer than any quantity that means something, and short enough to reckon with exactly. */
const LONGEST_QUANTITY = 64;

/** What a quantity may look like, for people. */
export const ALLOWED_QUANTITIES =
  "a number that is not negative, with no suffix, an exponent, or one of n u m k M G T P E Ki Mi Gi Ti Pi Ei, " +
  "of at most 9007199254740991 units (of cpu: thousandths); examples: 2, 500m, 1.5Gi";

/** What is more than this is counted as this: whole numbers above it are not exact. */
export const MOST_OF_A_RESOURCE = Number.MAX_SAFE_INTEGER;

/** There is more of something than is reckoned with. */
export class TooMuch extends Error {
  /** @param found what there is too much of, and what is allowed */
  constructor(readonly found: string) {
    super(`more than is reckoned with: ${found}`);
    this.name = "TooMuch";
  }
}

export class InvalidQuantity extends Error {
  /** The resource and the value, cut to a length that can be shown. */
  readonly found: string;

  /** @param isTooLarge it is a quantity, of more than can be counted */
  constructor(
    readonly resource: string,
    readonly value: unknown,
    readonly isTooLarge = false,
  ) {
    // An object may be too deep, and a text too long, to be written.
    const written = JSON.stringify(typeof value === "string" ? value.slice(0, 100) : writtenOf(value));
    const found = `${resource}: ${written}`.slice(0, 100);
    const problem = isTooLarge ? "is more than is reckoned with" : "is not a quantity";
    super(`${found} ${problem}; allowed is ${ALLOWED_QUANTITIES}`);
    this.name = "InvalidQuantity";
    this.found = found;
  }
}

const roundedUp = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator;

/** The same few quantities stand on all pods of a run. */
const parsed = new Map<string, number>();
const MOST_PARSED = 1_000;

/**
 * The amount that a quantity of Kubernetes stands for. Reckoned in whole numbers: 0.3 is 300 thousandths, not 299.
 *
 * @throws InvalidQuantity
 */
export function parseQuantity(resource: string, text: string | number | null): number {
  if (typeof text !== "string" || text.length > LONGEST_QUANTITY) return parseAnew(resource, text);
  const key = resource === "cpu" ? `cpu ${text}` : text;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const amount = parseAnew(resource, text);
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(key, amount);
  return amount;
}

function parseAnew(resource: string, text: string | number | null): number {
  // Kubernetes reads null as 0, and takes blanks around a quantity away (UnmarshalJSON in apimachinery's quantity.go).
  if (text === null) return 0;
  const written = typeof text === "number" ? String(text) : typeof text === "string" ? text.trim() : text;
  const match = typeof written === "string" && written.length <= LONGEST_QUANTITY && QUANTITY.exec(written);
  if (!match) throw new InvalidQuantity(resource, text);
  const [, whole = "", fraction = "", exponent, suffix = ""] = match;
  if (whole + fraction === "") throw new InvalidQuantity(resource, text);
  const binary = 1024n ** BigInt(BINARY_SUFFIXES.indexOf(suffix) + 1);
  const decimal = Number(exponent ?? DECIMAL_EXPONENTS[suffix] ?? 0) - fraction.length;
  const power = 10n ** BigInt(Math.abs(decimal));
  const digits = BigInt(whole + fraction) * binary * (resource === "cpu" ? 1000n : 1n);
  const amount = decimal < 0 ? roundedUp(digits, power) : digits * power;
  if (amount > BigInt(MOST_OF_A_RESOURCE)) throw new InvalidQuantity(resource, text, true);
  return Number(amount);
}

/** @throws InvalidQuantity */
export function parseResources(map: Record<string, string | number> | undefined): Resources {
  return Object.fromEntries(entriesOf(map).map(([name, value]) => [name, parseQuantity(name, value)]));
}

/** Whether it is a quantity, of more than can be counted. */
export function isTooLarge(resource: string, value: string | number): boolean {
  try {
    parseQuantity(resource, value);
    return false;
  } catch (error) {
    return error instanceof InvalidQuantity && error.isTooLarge;
  }
}

/** What is more than can be counted counts as the most. */
function countedQuantity(resource: string, value: string | number): number {
  try {
    return parseQuantity(resource, value);
  } catch (error) {
    if (error instanceof InvalidQuantity && error.isTooLarge) return MOST_OF_A_RESOURCE;
    throw error;
  }
}

/** Of an object that the API server has taken; what is more than can be counted counts as the most. */
export function countedResources(map: Record<string, string | number> | undefined): Resources {
  return Object.fromEntries(entriesOf(map).map(([name, value]) => [name, countedQuantity(name, value)]));
}

/**
 * As parseResources, of what nobody has checked yet.
 *
 * @throws InvalidQuantity or TooMuch
 */
export function parseFew(map: Record<string, string | number> | undefined): Resources {
  const count = entriesOf(map).length;
  if (count > MOST_RESOURCES)
    throw new TooMuch(`${count} resources in one place, ${MOST_RESOURCES} are allowed`);
  return parseResources(map);
}

const isInBytes = (resource: string): boolean =>
  resource === "memory" || resource === EPHEMERAL_STORAGE || resource.startsWith("hugepages-");

function toQuantity(resource: string, amount: number): string {
  if (resource === "cpu") return amount % 1000 === 0 ? whole(amount / 1000) : `${whole(amount)}m`;
  if (!isInBytes(resource) || amount === 0) return whole(amount);
  const exact = BINARY_SUFFIXES.findLastIndex((_, index) => amount % 1024 ** (index + 1) === 0);
  return exact < 0 ? whole(amount) : `${whole(amount / 1024 ** (exact + 1))}${BINARY_SUFFIXES[exact]}`;
}

/** Without the exponent that JavaScript writes for large numbers. */
const whole = (amount: number): string => BigInt(Math.ceil(amount)).toString();

/** As Kubernetes writes them: 2500m or 5, and 1Gi where that is exact, else the plain number. */
export function toQuantities(resources: Resources): Record<string, string> {
  return Object.fromEntries(
    Object.entries(resources).map(([name, amount]) => [name, toQuantity(name, amount)]),
  );
}

export const amountOf = (resources: Resources, name: string): number =>
  Object.hasOwn(resources, name) ? resources[name]! : 0;

/** Takes a list: as arguments of a call, many thousands would overflow the stack. */
function combined(
  all: Iterable<Resources>,
  combine: (before: number | undefined, amount: number) => number,
): Resources {
  const result = new Map<string, number>();
  for (const resources of all) {
    for (const [name, amount] of Object.entries(resources)) {
      result.set(name, combine(result.get(name), amount));
    }
  }
  return Object.fromEntries(result);
}

/** No more than can be counted, as with all that is reckoned here. */
export const sumOf = (all: Iterable<Resources>): Resources =>
  combined(all, (before = 0, amount) => Math.min(MOST_OF_A_RESOURCE, before + amount));
export const sum = (...all: Resources[]): Resources => sumOf(all);

/** The larger amount of each resource. */
export const maximumOf = (all: Iterable<Resources>): Resources =>
  combined(all, (before = 0, amount) => Math.max(before, amount));
export const maximum = (...all: Resources[]): Resources => maximumOf(all);

/** The smallest amount of each resource that any of them names. */
export const smallestOf = (all: Iterable<Resources>): Resources =>
  combined(all, (before, amount) => (before === undefined ? amount : Math.min(before, amount)));

/** No more than the limit of what that names; every resource of the first. */
export const minimum = (of: Resources, limit: Resources): Resources =>
  Object.fromEntries(
    Object.entries(of).map(([name, amount]) => [name, Math.min(amount, limit[name] ?? amount)]),
  );

/** What is left of each of the first one's resources; never below 0. */
export function difference(from: Resources, taken: Resources): Resources {
  return Object.fromEntries(
    Object.entries(from).map(([name, amount]) => [name, Math.max(0, amount - amountOf(taken, name))]),
  );
}

export function scaled(resources: Resources, count: number): Resources {
  return Object.fromEntries(
    Object.entries(resources).map(([name, amount]) => [name, Math.min(MOST_OF_A_RESOURCE, amount * count)]),
  );
}

/** Names of what is more than in `other`. */
export const exceeds = (resources: Resources, other: Resources): string[] =>
  Object.entries(resources)
    .filter(([name, amount]) => amount > amountOf(other, name))
    .map(([name]) => name);
