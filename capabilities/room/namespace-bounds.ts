/** What a namespace's LimitRanges and ResourceQuotas leave for a placeholder. */
import type { V1LimitRange, V1ResourceQuota } from "@kubernetes/client-node";
import {
  amountOf,
  EPHEMERAL_STORAGE,
  InvalidQuantity,
  maximum,
  parseQuantity,
  toQuantities,
  type Resources,
} from "../demand/resources";

export interface NamespaceBounds {
  limitRanges: readonly V1LimitRange[];
  /** For the size of a placeholder: those that count it, see quota-scopes.ts. */
  quotas: readonly V1ResourceQuota[];
}

export const NO_BOUNDS: NamespaceBounds = { limitRanges: [], quotas: [] };

/** Between a container's request and its limit, where it must have one: its QoS class stays Burstable. */
export const ROOM_TO_LIMIT: Resources = { cpu: 1, memory: 1024 * 1024, [EPHEMERAL_STORAGE]: 1024 * 1024 };

interface Bound {
  resource: string;
  amount: number;
  /** For people: whose bound it is. */
  source: string;
  /** Whether it counts limits, of which nothing is known in advance but that they are not below the requests. */
  ofLimits?: boolean;
}

/** A quantity that the API server has accepted parses; one beyond what can be counted is no bound. */
function amount(resource: string, quantity: string): number | undefined {
  try {
    return parseQuantity(resource, quantity);
  } catch (error) {
    if (error instanceof InvalidQuantity) return undefined;
    throw error;
  }
}

function limitRangeBounds(ranges: readonly V1LimitRange[], end: "max" | "min"): Bound[] {
  return ranges.flatMap(({ metadata, spec }) =>
    (spec?.limits ?? [])
      .filter(({ type }) => type === "Container" || type === "Pod")
      .flatMap(limit => Object.entries(limit[end] ?? {}))
      .flatMap(([resource, quantity]) => {
        const found = amount(resource, quantity);
        return found === undefined
          ? []
          : [{ resource, amount: found, source: `LimitRange ${metadata?.name}` }];
      }),
  );
}

/** What each container or pod asks for at least; of several the most. */
export const leastAllowed = (ranges: readonly V1LimitRange[]): Resources =>
  maximum(...limitRangeBounds(ranges, "min").map(({ resource, amount: low }) => ({ [resource]: low })));

/** What a request may be for its limit to be at most this. */
const belowLimit = (resource: string, limit: number): number =>
  Math.max(0, limit - (ROOM_TO_LIMIT[resource] ?? 0));

function quotaBounds(quotas: readonly V1ResourceQuota[], overhead: Resources): Bound[] {
  return quotas.flatMap(({ metadata, status }) =>
    Object.entries(status?.hard ?? {}).flatMap(([key, hard]) => {
      const resource = resourceOf(key);
      const most = amount(resource, hard);
      const used = amount(resource, status?.used?.[key] ?? "0");
      if (most === undefined || used === undefined) return [];
      const free = Math.max(0, most - used - amountOf(overhead, resource));
      const ofLimits = key.startsWith("limits.");
      const room = ofLimits ? belowLimit(resource, free) : free;
      return [{ resource, amount: room, source: `ResourceQuota ${metadata?.name}`, ofLimits }];
    }),
  );
}

const resourceOf = (key: string): string => key.replace(/^(?:requests|limits)\./, "");

/** The quotas as if the run had used nothing yet. @param own what its live pods and its placeholder ask for */
export function withoutOwn(quotas: readonly V1ResourceQuota[], own: Resources): V1ResourceQuota[] {
  return quotas.map(quota => {
    const used = Object.entries(quota.status?.used ?? {}).map(([key, quantity]): [string, string] => {
      const resource = resourceOf(key);
      const all = amount(resource, quantity);
      if (all === undefined || amountOf(own, resource) === 0) return [key, quantity];
      const others = Math.max(0, all - amountOf(own, resource));
      return [key, toQuantities({ [resource]: others })[resource] ?? quantity];
    });
    return { ...quota, status: { ...quota.status, used: Object.fromEntries(used) } };
  });
}

export interface Bounded {
  ask: Resources;
  floor: Resources;
  /** What of the floor a LimitRange keeps it from giving up; the run's pods need room beside it. */
  beside: Resources;
  /** Resources of which a quota has no room for what a placeholder holds and what the run asks for next. */
  scarce: string[];
  /** Whether a quota has no room for all of it now. */
  isCappedByQuota: boolean;
  notes: string[];
}

/**
 * A pod that a quota refuses is tried again only after a minute. Where the placeholder and the run's next pods
 * could be in each other's way, room that was handed over is not taken back.
 */
function scarceResources(peak: Resources, quotaLimits: readonly Bound[]): string[] {
  const scarce = quotaLimits.filter(
    ({ resource, amount: free }) => (peak[resource] ?? 0) > 0 && free < 2 * peak[resource]!,
  );
  return [...new Set(scarce.map(({ resource }) => resource))];
}

/**
 * @param ask what the placeholder would ask for
 * @param peak what the run itself needs at its widest: with no quota left beside it the floor goes down,
 * to nothing if need be, so that a run that fits its quota alone is not kept from running
 * @param overhead what the placeholder's runtime class adds
 */
export function withinBounds(
  ask: Resources,
  peak: Resources,
  floor: Resources,
  { limitRanges, quotas }: NamespaceBounds,
  overhead: Resources = {},
): Bounded {
  const notes: string[] = [];
  const bounded: Record<string, number> = { ...ask };
  const lowest: Record<string, number> = { ...floor };
  const quotaLimits = quotaBounds(quotas, overhead);
  for (const { resource, amount: free, ofLimits } of quotaLimits) {
    if (lowest[resource] === undefined) continue;
    const left = ofLimits ? 0 : Math.max(0, free - amountOf(peak, resource));
    lowest[resource] = Math.min(lowest[resource], left);
  }
  const beside: Record<string, number> = {};
  for (const { resource, amount: low } of limitRangeBounds(limitRanges, "min")) {
    if (bounded[resource] !== undefined) bounded[resource] = Math.max(bounded[resource], low);
    if (lowest[resource] === undefined) continue;
    lowest[resource] = Math.max(lowest[resource], low);
    if (amountOf(peak, resource) > 0) beside[resource] = Math.max(beside[resource] ?? 0, low);
  }
  for (const [resource, low] of Object.entries(beside)) {
    bounded[resource] = Math.max(bounded[resource]!, peak[resource]! + low);
  }
  const most = [
    ...limitRangeBounds(limitRanges, "max").map(bound => ({
      ...bound,
      amount: belowLimit(bound.resource, bound.amount),
      isOfQuota: false,
    })),
    ...quotaLimits.map(bound => ({ ...bound, isOfQuota: true })),
  ];
  let isCappedByQuota = false;
  for (const { resource, amount: high, source, isOfQuota } of most) {
    const asked = bounded[resource];
    if (asked === undefined || asked <= high) continue;
    bounded[resource] = high;
    isCappedByQuota ||= isOfQuota;
    const [was, now] = [{ [resource]: asked }, { [resource]: high }].map(toQuantities);
    notes.push(`Capped at ${resource} ${now![resource]} of ${was![resource]} by ${source}.`);
  }
  const scarce = scarceResources(peak, quotaLimits);
  return { ask: bounded, floor: lowest, beside, scarce, isCappedByQuota, notes };
}

/**
 * Whether a container has to name limits: where the namespace would put in one of its own that may lie below the request,
 * where a pod without limits is refused (max and maxLimitRequestRatio, see maxConstraint and limitRequestRatioConstraint in
 * k8s.io/kubernetes/plugin/pkg/admission/limitranger), or where its quota counts limits.
 */
export function needsLimits({ limitRanges, quotas }: NamespaceBounds): boolean {
  const defaults = limitRanges.some(({ spec }) =>
    spec?.limits.some(
      ({ type, max, maxLimitRequestRatio, ...limit }) =>
        (type === "Container" || type === "Pod") &&
        Object.keys({ ...max, ...maxLimitRequestRatio, ...limit._default }).length > 0,
    ),
  );
  return (
    defaults ||
    quotas.some(({ spec }) => Object.keys(spec?.hard ?? {}).some(key => key.startsWith("limits.")))
  );
}
