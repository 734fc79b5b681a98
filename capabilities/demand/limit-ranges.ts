/**
 * What the LimitRanges of a namespace make of a container's requests: first Tekton, which divides the defaults among
 * the steps, then the API server's admission plugin LimitRanger, which gives them whole to whoever has none.
 * Sources: Tekton's pkg/internal/computeresources; Kubernetes' plugin/pkg/admission/limitranger and
 * pkg/apis/core/v1/defaults.go. Amounts are cpu in thousandths, others in units.
 */
import type { V1LimitRange, V1LimitRangeItem } from "@kubernetes/client-node";
import { amountOf, maximum, parseResources, sum, type Resources } from "./resources";
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
      const min = parseResources(item.min);
      const limit = { ...parseResources(item.max), ...parseResources(item.default ?? item._default) };
      return { min, defaultRequest: { ...min, ...limit, ...parseResources(item.defaultRequest) } };
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
  return { min: maximum(...all.map(({ min }) => min)), defaultRequest: Object.fromEntries(defaultRequest) };
}

export interface RequestDefaults {
  /** Of each step, where it asks for none. */
  ofStep(steps: number): Resources;
  /** Of any container, where it still asks for none. */
  ofContainer: Resources;
}

export function requestDefaults(ranges: readonly V1LimitRange[]): RequestDefaults {
  const each = objectsOf(ranges).map(containerLimits);
  const all = each.length > 1 ? [united(each.flat())] : each.flat();
  return {
    ofStep: steps =>
      Object.fromEntries(
        DIVIDED.flatMap(name => {
          const shares = all.map(({ min, defaultRequest }) =>
            Math.max(Math.floor(amountOf(defaultRequest, name) / steps), amountOf(min, name)),
          );
          const amount = Math.max(0, ...shares);
          return amount > 0 ? [[name, amount]] : [];
        }),
      ),
    ofContainer: Object.assign({}, ...each.map(itemsOfOne).reverse()) as Resources,
  };
}

/** Within one LimitRange the later item wins; among several the first. */
const itemsOfOne = (items: ContainerLimits[]): Resources =>
  Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest)) as Resources;

/** The requests with the defaults put in where there are none; `orZero` also where there is an explicit zero. */
export function withDefaults(requests: Resources, defaults: Resources, orZero = false): Resources {
  const missing = entriesOf(defaults).filter(([name]) =>
    orZero ? amountOf(requests, name) === 0 : !Object.hasOwn(requests, name),
  );
  return sum(requests, Object.fromEntries(missing));
}
