/**
 * The taints that several pods tolerate together. Each toleration stands for a set of taints, see ToleratesTaint in
 * Kubernetes' api/core/v1/toleration.go: an empty key or effect is any, Exists is any value, no operator is Equal.
 */
import type { V1Toleration } from "@kubernetes/client-node";
import { Effort } from "./effort";

/** Undefined stands for any. */
interface Tolerated {
  key: string | undefined;
  effect: string | undefined;
  /** The operator is Equal, Lt or Gt. */
  value: { operator: string; text: string } | undefined;
  /** How long a NoExecute taint is borne; undefined is for ever. */
  seconds: number | undefined;
}

/** What is over is not tolerated by the placeholder, which then finds fewer nodes. */
const MOST_TOLERATIONS = 1000;

const EQUAL = "Equal";
const EXISTS = "Exists";
const INTEGER = /^-?(0|[1-9]\d*)$/;

function meant({ key, operator, value, effect, tolerationSeconds }: V1Toleration): Tolerated {
  return {
    key: key || undefined,
    effect: effect || undefined,
    value: operator === EXISTS ? undefined : { operator: operator || EQUAL, text: value ?? "" },
    seconds: tolerationSeconds ?? undefined,
  };
}

/** In one wording for each meaning. */
function worded({ key, effect, value, seconds }: Tolerated): V1Toleration {
  return {
    ...(key !== undefined && { key }),
    operator: value?.operator ?? EXISTS,
    ...(value !== undefined && value.text !== "" && { value: value.text }),
    ...(effect !== undefined && { effect }),
    ...(seconds !== undefined && { tolerationSeconds: seconds }),
  };
}

/** No taint is meant by both. */
const NONE = Symbol("none");

function narrower(one: string | undefined, other: string | undefined): string | undefined | typeof NONE {
  if (one === undefined) return other;
  return other === undefined || one === other ? one : NONE;
}

const isLess = (one: string, other: string): boolean => BigInt(one) < BigInt(other);

function bothValues(one: Tolerated["value"], other: Tolerated["value"]): Tolerated["value"] | typeof NONE {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.operator === other.operator && one.text === other.text) return one;
  if (one.operator === EQUAL && other.operator === EQUAL) return NONE;
  if (!INTEGER.test(one.text) || !INTEGER.test(other.text)) return NONE;
  if (one.operator === other.operator)
    return isLess(one.text, other.text) === (one.operator === "Lt") ? one : other;
  const [equal, limit] = one.operator === EQUAL ? [one, other] : [other, one];
  // What lies between two limits no one toleration can say: it is left out.
  if (equal.operator !== EQUAL) return NONE;
  const isWithin = limit.operator === "Lt" ? isLess(equal.text, limit.text) : isLess(limit.text, equal.text);
  return isWithin ? equal : NONE;
}

/** The taints that both tolerate, for the shorter of both times. */
function bothTolerate(one: Tolerated, other: Tolerated): Tolerated[] {
  const key = narrower(one.key, other.key);
  const effect = narrower(one.effect, other.effect);
  const value = bothValues(one.value, other.value);
  if (key === NONE || effect === NONE || value === NONE) return [];
  const times = [one.seconds, other.seconds].filter(seconds => seconds !== undefined);
  return [{ key, effect, value, seconds: times.length > 0 ? Math.min(...times) : undefined }];
}

const identity = ({ key, effect, value, seconds }: Tolerated): string =>
  JSON.stringify([key ?? null, effect ?? null, value ?? null, seconds ?? null]);

/** All that say at least as much, itself among them. */
function widened(one: Tolerated): string[] {
  const keys = [one.key, undefined];
  const effects = [one.effect, undefined];
  const values = [one.value, undefined];
  return keys.flatMap(key =>
    effects.flatMap(effect => values.map(value => identity({ ...one, key, effect, value }))),
  );
}

/** Without those that say no more than another does. */
function withoutNeedless(all: readonly Tolerated[]): Tolerated[] {
  const distinct = new Map(all.map(one => [identity(one), one]));
  return [...distinct]
    .filter(([own, one]) => widened(one).every(wider => wider === own || !distinct.has(wider)))
    .map(([, one]) => one)
    .slice(0, MOST_TOLERATIONS);
}

/** Only one of the same key, or of any, can mean the same taints. */
class ByKey {
  private readonly ofAny: Tolerated[];
  private readonly ofOne = new Map<string, Tolerated[]>();

  constructor(private readonly all: readonly Tolerated[]) {
    this.ofAny = all.filter(({ key }) => key === undefined);
    for (const one of all) {
      if (one.key === undefined) continue;
      const others = this.ofOne.get(one.key);
      if (others) others.push(one);
      else this.ofOne.set(one.key, [one]);
    }
  }

  beside({ key }: Tolerated): readonly Tolerated[] {
    return key === undefined ? this.all : [...this.ofAny, ...(this.ofOne.get(key) ?? [])];
  }
}

function common(before: readonly Tolerated[], list: readonly Tolerated[], effort: Effort): Tolerated[] {
  const byKey = new ByKey(list);
  const both = before.flatMap(one => {
    const others = byKey.beside(one);
    return effort.takes(1 + others.length) ? others.flatMap(other => bothTolerate(one, other)) : [];
  });
  return withoutNeedless(both);
}

/**
 * Those that tolerate a taint exactly if each of the lists does; none when there is too much to compare.
 *
 * @param lists of tolerations that the API server takes
 */
export function commonTolerations(
  lists: readonly (readonly V1Toleration[])[],
  effort = new Effort(),
): V1Toleration[] {
  const distinct = new Map(lists.map(list => [JSON.stringify(list), list]));
  const meanings = [...distinct.values()].map(list => list.map(meant));
  // To write all in one wording is dearer than to compare two.
  if (!effort.takes(meanings.reduce((sum, list) => sum + 10 * list.length, 0))) return [];
  const [first = [], ...others] = meanings.map(withoutNeedless);
  const left = others.reduce<Tolerated[]>((before, list) => common(before, list, effort), first);
  return effort.isSpent ? [] : left.map(worded);
}
