/**
 * Which choices an administrator leaves to runs. Isolation is one run's say over others: a placeholder that is kept apart
 * within kubernetes.io/os keeps every other one off the whole cluster. So keys and scopes are limited, by the settings,
 * and for single namespaces by annotations of theirs, which only who may change the Namespace can set.
 */
import { KEY_PREFIX } from "../keys";
import type { PipelineRun } from "../tekton/objects";
import type { Warning } from "../tekton/warning";
import type { Choices } from "../choices/choices";
import { listed } from "../choices/lists";
import { defaultChoices, type Settings } from "../choices/settings";

/** By the choice: the setting that limits it, and the annotation of a Namespace that takes its place. */
const LIMITS = {
  "topology-key": ["ALLOWED_TOPOLOGY_KEYS", `${KEY_PREFIX}allowed-topology-keys`],
  "isolation-topology-key": [
    "ALLOWED_ISOLATION_TOPOLOGY_KEYS",
    `${KEY_PREFIX}allowed-isolation-topology-keys`,
  ],
  "isolation-scope": ["ALLOWED_ISOLATION_SCOPES", `${KEY_PREFIX}allowed-isolation-scopes`],
} as const;

type Limited = keyof typeof LIMITS;
const LIMITED = Object.keys(LIMITS) as Limited[];

type Annotations = Record<string, string> | undefined;

/** The limited choices of the run that are not the settings' default, which is always allowed. */
function chosen(run: PipelineRun, defaults: Choices): Limited[] {
  const annotations = run.metadata?.annotations ?? {};
  return LIMITED.filter(name => (annotations[KEY_PREFIX + name] ?? defaults[name]) !== defaults[name]);
}

/** Whether it takes the namespace's annotations to tell what the run may choose. */
export const dependsOnLimits = (run: PipelineRun, settings: Settings): boolean =>
  chosen(run, defaultChoices(settings)).length > 0;

export interface NotAllowed {
  name: Limited;
  /** A sentence that names key, value and what is allowed. */
  problem: string;
}

/** @param ofNamespace the annotations of the run's namespace */
export function notAllowed(run: PipelineRun, settings: Settings, ofNamespace: Annotations): NotAllowed[] {
  const defaults = defaultChoices(settings);
  return chosen(run, defaults).flatMap(name => {
    const value = run.metadata!.annotations![KEY_PREFIX + name]!;
    const [setting, annotation] = LIMITS[name];
    const own = ofNamespace?.[annotation];
    const allowed = listed(own ?? settings[setting]);
    if (allowed.includes(value)) return [];
    const words = [...new Set([defaults[name], ...allowed])].join(", ");
    const by = own === undefined ? "" : ` (by the annotation ${annotation} of its namespace)`;
    const problem = `annotation ${KEY_PREFIX}${name} has the value ${JSON.stringify(value)}; allowed here: ${words}${by}`;
    return [{ name, problem }];
  });
}

/** The run with the settings' default in place of each choice that is not its own to make. */
export function withAllowedChoices(
  run: PipelineRun,
  settings: Settings,
  ofNamespace: Annotations,
): { run: PipelineRun; warnings: Warning[] } {
  const found = notAllowed(run, settings, ofNamespace);
  if (found.length === 0) return { run, warnings: [] };
  const defaults = defaultChoices(settings);
  const instead = Object.fromEntries(found.map(({ name }) => [KEY_PREFIX + name, defaults[name]]));
  const annotations = { ...run.metadata!.annotations, ...instead };
  const problems = found.map(({ problem }) => problem).join("; ");
  return {
    run: { ...run, metadata: { ...run.metadata, annotations } },
    warnings: [
      {
        reason: "ChoiceNotAllowed",
        message: `The run is placed by the default instead, because its ${problems}. An administrator can allow more.`,
      },
    ],
  };
}
