/**
 * What the LimitRanges of a namespace make of a container's requests: first Tekton, which divides the defaults among
 * the steps, then the API server's admission plugin LimitRanger, which gives them whole to whoever has none.
 * Sources: Tekton's pkg/internal/computeresources; Kubernetes' plugin/pkg/admission/limitranger and
 * pkg/apis/core/v1/defaults.go. Amounts are cpu in thousandths, others in units.
 */
import type { V1LimitRange, V1LimitRangeItem } from "@kubernetes/client-node";
import { MOST_RESOURCES } from "./limits";
import {
  amountOf,
  maximumOf,
  parseFew,
  parseQuantity,
  smallestOf,
  sum,
  TooMuch,
  type Resources,
} from "./resources";
import { entriesOf, objectOf, objectsOf } from "./untrusted";

/** The resources that Tekton looks at. */
const DIVIDED = ["cpu", "memory", "ephemeral-storage"];

interface ContainerLimits {
  min: Resources;
  limit: Resources;
  defaultRequest: Resources;
}

/** As JSON has it, and as the Kubernetes client names it. */
type LimitItem = V1LimitRangeItem & { default?: Record<string, string> };

const itemsFor = (range: V1LimitRange, type: string): LimitItem[] =>
  objectsOf<LimitItem>(objectOf(range.spec)?.limits).filter(item => item.type === type);

/** Of one LimitRange, for containers, with the defaults of the defaults that the API server puts in. */
function containerLimits(range: V1LimitRange): ContainerLimits[] {
  return itemsFor(range, "Container").map(item => {
    const min = parseFew(item.min);
    const limit = { ...parseFew(item.max), ...parseFew(item.default ?? item._default) };
    return { min, limit, defaultRequest: { ...min, ...limit, ...parseFew(item.defaultRequest) } };
  });
}

/** Of several LimitRanges Tekton makes one; a later one without a default takes the earlier one's away. */
function united(all: ContainerLimits[]): Omit<ContainerLimits, "limit"> {
  const defaultRequest = new Map<string, number>();
  for (const range of all) {
    for (const name of DIVIDED) {
      const before = defaultRequest.get(name) ?? 0;
      const amount = amountOf(range.defaultRequest, name);
      if (before === 0 || before > amount) defaultRequest.set(name, amount);
    }
  }
  return { min: maximumOf(all.map(({ min }) => min)), defaultRequest: Object.fromEntries(defaultRequest) };
}

/** What may be asked for, where all LimitRanges hold. */
export interface Bounds {
  min: Resources;
  max: Resources;
  /** The most that a limit may be of its request. */
  ratio: Readonly<Record<string, number>>;
}

export interface LimitRangeRules {
  /** Requests of each step, where it asks for none. */
  ofStep(steps: number): Resources;
  /** Requests of any container, where it still asks for none. */
  ofContainer: Resources;
  /** Limits of any container that has none. */
  limitOfContainer: Resources;
  boundsOfContainers: Bounds;
  boundsOfPods: Bounds;
}

/** @throws InvalidQuantity or TooMuch */
export function limitRangeRules(ranges: readonly V1LimitRange[]): LimitRangeRules {
  const all = objectsOf(ranges);
  const each = all.map(containerLimits);
  const forTekton = each.length > 1 ? [united(each.flat())] : each.flat();
  const largestDefault = maximumOf(forTekton.map(({ defaultRequest }) => defaultRequest));
  const largestMin = maximumOf(forTekton.map(({ min }) => min));
  return {
    ofStep: steps =>
      Object.fromEntries(
        DIVIDED.flatMap(name => {
          const share = Math.floor(amountOf(largestDefault, name) / steps);
          const amount = Math.max(share, amountOf(largestMin, name));
          return amount > 0 ? [[name, amount]] : [];
        }),
      ),
    ofContainer: firstOfAll(each.map(items => items.map(({ defaultRequest }) => defaultRequest))),
    limitOfContainer: firstOfAll(each.map(items => items.map(({ limit }) => limit))),
    boundsOfContainers: boundsOf(all.flatMap(range => itemsFor(range, "Container"))),
    boundsOfPods: boundsOf(all.flatMap(range => itemsFor(range, "Pod"))),
  };
}

/** A ratio has no unit; in thousandths of one it reads like an amount of cpu. */
const ratiosOf = (item: LimitItem): Record<string, number> =>
  Object.fromEntries(
    Object.keys(parseFew(item.maxLimitRequestRatio)).map(name => [
      name,
      parseQuantity("cpu", item.maxLimitRequestRatio![name]!) / 1000,
    ]),
  );

function boundsOf(items: readonly LimitItem[]): Bounds {
  const bounds = {
    min: maximumOf(items.map(({ min }) => parseFew(min))),
    max: smallestOf(items.map(({ max }) => parseFew(max))),
    ratio: smallestOf(items.map(ratiosOf)),
  };
  for (const bound of Object.values(bounds)) mustBeFew(Object.keys(bound).length);
  return bounds;
}

function mustBeFew(count: number): void {
  if (count <= MOST_RESOURCES) return;
  throw new TooMuch(`${count} resources in LimitRanges, ${MOST_RESOURCES} are allowed`);
}

/** Within one LimitRange the later item wins; among several the first. */
function firstOfAll(ranges: readonly Resources[][]): Resources {
  const found = new Map<string, number>();
  for (const items of ranges.toReversed()) {
    for (const amounts of items) {
      for (const [name, amount] of Object.entries(amounts)) found.set(name, amount);
    }
  }
  mustBeFew(found.size);
  return Object.fromEntries(found);
}

/** The requests with the defaults put in where there are none; `orZero` also where there is an explicit zero. */
export function withDefaults(requests: Resources, defaults: Resources, orZero = false): Resources {
  const missing = entriesOf(defaults).filter(([name]) =>
    orZero ? amountOf(requests, name) === 0 : !Object.hasOwn(requests, name),
  );
  return sum(requests, Object.fromEntries(missing));
}
