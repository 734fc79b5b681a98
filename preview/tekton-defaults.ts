/** What Tekton's ConfigMap config-defaults makes of a run; its admission puts part of it in: SetDefaults in pipelinerun_defaults.go. */
import { parse } from "yaml";
import { isObject, textOf } from "../capabilities/demand/untrusted";
import { mergedTemplate, storedTemplate } from "../capabilities/placement/templates/merge";
import type { PipelineRun, PodTemplate } from "../capabilities/tekton/objects";
import { tektonDefaultsOf, type TektonDefaults } from "../capabilities/demand/tekton-defaults";
import { CONFIG_DEFAULTS } from "../capabilities/keys";
import { ManifestError } from "./manifest";

const DEFAULT_POD_TEMPLATE = "default-pod-template";

/**
 * @param configMap config-defaults, if there is one
 * @throws ManifestError when the template is no map
 */
export function defaultPodTemplateOf(configMap: object | undefined): PodTemplate | undefined {
  const { data } = (configMap ?? {}) as { data?: Record<string, unknown> };
  const text = textOf(isObject(data) ? data[DEFAULT_POD_TEMPLATE] : undefined);
  if (text === undefined) return undefined;
  const where = `${DEFAULT_POD_TEMPLATE} of the ConfigMap ${CONFIG_DEFAULTS}`;
  const template = parsed(text, where);
  if (template === null || template === undefined) return undefined;
  if (!isObject(template))
    throw new ManifestError(`${where} is ${JSON.stringify(template)}, and must be a map`);
  return template;
}

/** @throws ManifestError when a value cannot be read */
export function tektonDefaultsIn(configMap: object | undefined): TektonDefaults {
  const { data } = (configMap ?? {}) as { data?: Record<string, unknown> };
  try {
    return tektonDefaultsOf(isObject(data) ? data : undefined);
  } catch (error) {
    throw new ManifestError(`the ConfigMap ${CONFIG_DEFAULTS} cannot be read: ${(error as Error).message}`);
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new ManifestError(`${where} is not YAML: ${(error as Error).message}`);
  }
}

/** The run with the default template below its own, field by field. */
export function withDefaultPodTemplate<T extends PipelineRun>(run: T, template: PodTemplate | undefined): T {
  if (template === undefined) return run;
  const own = storedTemplate(run.spec?.taskRunTemplate?.podTemplate);
  const podTemplate = mergedTemplate(own, storedTemplate(template));
  return { ...run, spec: { ...run.spec, taskRunTemplate: { ...run.spec?.taskRunTemplate, podTemplate } } };
}
