/**
 * What Tekton gives to containers that ask for nothing at all, before LimitRanges are looked at: the key
 * `default-container-resource-requirements` of its ConfigMap config-defaults.
 * Source: Tekton's pkg/internal/defaultresourcerequirements/transformer.go.
 */
import { asked, type Asked, type PodContainer } from "./containers";
import type { Requirements } from "./pipeline-spec";
import { entriesOf, isObject } from "./untrusted";

export const CONTAINER_DEFAULTS_KEY = "default-container-resource-requirements";

export interface ContainerDefaults {
  /** By the name that a container has in its pod: step-build, sidecar-db, prepare. */
  byName: ReadonlyMap<string, Asked>;
  /** By what the name begins with. Tekton tries them in no order. */
  byPrefix: readonly { prefix: string; asked: Asked }[];
  otherwise: Asked | undefined;
}

const PREFIX = "prefix-";

const asksForNothing = ({ requests, limits }: Asked): boolean =>
  Object.keys(requests ?? {}).length + Object.keys(limits ?? {}).length === 0;

/**
 * @param parsed the key's YAML, read
 * @throws InvalidQuantity or TooMuch
 */
export function containerDefaultsFrom(parsed: unknown): ContainerDefaults | undefined {
  if (!isObject(parsed)) return undefined;
  const entries = entriesOf(parsed as Record<string, Requirements>)
    .map(([name, requirements]) => ({ name, asked: asked(requirements) }))
    .filter(item => !asksForNothing(item.asked));
  if (entries.length === 0) return undefined;
  const named = entries.filter(({ name }) => name !== "default" && !name.startsWith(PREFIX));
  const prefixed = entries.filter(({ name }) => name.startsWith(PREFIX));
  return {
    byName: new Map(named.map(item => [item.name, item.asked])),
    byPrefix: prefixed.map(item => ({ prefix: `${item.name.slice(PREFIX.length)}-`, asked: item.asked })),
    otherwise: entries.find(({ name }) => name === "default")?.asked,
  };
}

export function withContainerDefaults(
  container: PodContainer,
  defaults: ContainerDefaults | undefined,
): PodContainer {
  if (defaults === undefined || !asksForNothing(container)) return container;
  const found =
    defaults.byName.get(container.name) ??
    defaults.byPrefix.find(({ prefix }) => container.name.startsWith(prefix))?.asked ??
    defaults.otherwise;
  return found === undefined ? container : { ...container, ...found };
}
