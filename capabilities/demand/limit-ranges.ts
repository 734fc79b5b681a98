/**
 * What the LimitRanges of a namespace make of a container's requests: first Tekton, which divides the defaults among
 * the steps, then the API server's admission plugin LimitRanger, which gives them whole to whoever has none.
 * Sources: Tekton's pkg/internal/computeresources; Kubernetes' plugin/pkg/admission/limitranger and
 * pkg/apis/core/v1/defaults.go. Amounts are cpu in thousandths, others in units.
 */
import type { V1LimitRange, V1LimitRangeItem } from "@kubernetes/client-node";
import { MOST_RESOURCES } from "./limits";
import { amountOf, maximumOf, parseFew, sum, TooMuch, type Resources } from "./resources";
import { entriesOf, objectOf, objectsOf } from "./untrusted";

/** The resources that Tekton looks at. */
const DIVIDED = ["cpu", "memory", "ephemeral-storage"];

interface ContainerLimits {
  min: Resources;
  defaultRequest: Resources;
}

/** As JSON has it, and as the Kubernetes client names it. */
type LimitItem = V1LimitRangeItem & { default?: Record<string, string> };

/** Of one LimitRange, for containers, with the defaults of the defaults that the API server puts in. */
function containerLimits(range: V1LimitRange): ContainerLimits[] {
  return objectsOf<LimitItem>(objectOf(range.spec)?.limits)
    .filter(item => item.type === "Container")
    .map(item => {
      const min = parseFew(item.min);
      const limit = { ...parseFew(item.max), ...parseFew(item.default ?? item._default) };
      return { min, defaultRequest: { ...min, ...limit, ...parseFew(item.defaultRequest) } };
    });
}

/** Of several LimitRanges Tekton makes one; a later one without a default takes the earlier one's away. */
function united(all: ContainerLimits[]): ContainerLimits {
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

export interface RequestDefaults {
  /** Of each step, where it asks for none. */
  ofStep(steps: number): Resources;
  /** Of any container, where it still asks for none. */
  ofContainer: Resources;
}

/** @throws InvalidQuantity or TooMuch */
export function requestDefaults(ranges: readonly V1LimitRange[]): RequestDefaults {
  const each = objectsOf(ranges).map(containerLimits);
  const all = each.length > 1 ? [united(each.flat())] : each.flat();
  const largestDefault = maximumOf(all.map(({ defaultRequest }) => defaultRequest));
  const largestMin = maximumOf(all.map(({ min }) => min));
  return {
    ofStep: steps =>
      Object.fromEntries(
        DIVIDED.flatMap(name => {
          const share = Math.floor(amountOf(largestDefault, name) / steps);
          const amount = Math.max(share, amountOf(largestMin, name));
          return amount > 0 ? [[name, amount]] : [];
        }),
      ),
    ofContainer: firstOfAll(each),
  };
}

/** Within one LimitRange the later item wins; among several the first. */
function firstOfAll(ranges: readonly ContainerLimits[][]): Resources {
  const found = new Map<string, number>();
  for (const items of ranges.toReversed()) {
    for (const { defaultRequest } of items) {
      for (const [name, amount] of Object.entries(defaultRequest)) found.set(name, amount);
    }
  }
  if (found.size > MOST_RESOURCES) {
    throw new TooMuch(`${found.size} resources in LimitRanges, ${MOST_RESOURCES} are allowed`);
  }
  return Object.fromEntries(found);
}

/** The requests with the defaults put in where there are none; `orZero` also where there is an explicit zero. */
export function withDefaults(requests: Resources, defaults: Resources, orZero = false): Resources {
  const missing = entriesOf(defaults).filter(([name]) =>
    orZero ? amountOf(requests, name) === 0 : !Object.hasOwn(requests, name),
  );
  return sum(requests, Object.fromEntries(missing));
}
