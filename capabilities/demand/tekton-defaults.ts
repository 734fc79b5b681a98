/** What of Tekton's ConfigMap config-defaults counts for what runs need. Source: Tekton's pkg/apis/config/default.go. */
import { parse } from "yaml";
import { CONTAINER_DEFAULTS_KEY, containerDefaultsFrom } from "./container-defaults";
import type { Definitions } from "./pipeline-spec";
import { textOf } from "./untrusted";

export type TektonDefaults = Pick<
  Definitions,
  "containerDefaults" | "mostCombinations" | "managedBy" | "resultsBySidecar"
>;

/** Of a cluster without the ConfigMap, or where nobody has looked for it. */
export const NO_DEFAULTS: TektonDefaults = {};

const MANAGED_BY_KEY = "default-managed-by-label-value";
const MOST_COMBINATIONS_KEY = "default-max-matrix-combinations-count";

function combinations(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || text.trim() === "") {
    throw new Error(`${MOST_COMBINATIONS_KEY} is ${JSON.stringify(text)}, and must be a whole number`);
  }
  return count;
}

/**
 * Tekton takes a ConfigMap that it cannot read for the one that it had before, and so should the caller.
 *
 * @param data of the ConfigMap, if there is one
 * @throws Error when a value cannot be read
 */
export function tektonDefaultsOf(data: Readonly<Record<string, unknown>> | undefined): TektonDefaults {
  const requirements = textOf(data?.[CONTAINER_DEFAULTS_KEY]);
  return {
    containerDefaults: requirements === undefined ? undefined : containerDefaultsFrom(parse(requirements)),
    mostCombinations: combinations(textOf(data?.[MOST_COMBINATIONS_KEY])),
    managedBy: textOf(data?.[MANAGED_BY_KEY]),
  };
}
