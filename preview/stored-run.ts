/** A run as the API server would store it. */
import { isObject } from "../capabilities/demand/untrusted";
import type { PipelineRun } from "../capabilities/tekton/objects";
import { convert } from "../testbed/tekton-stand-in/admission/convert";
import { ManifestError, specOf, type ManifestObject } from "./manifest";

/** Stands in the place of what only the API server gives. */
export const EXAMPLE_UID = "00000000-0000-0000-0000-000000000000";
export const EXAMPLE_SUFFIX = "xxxxx";
/** The API server cuts a generateName to this many characters and adds five. */
const LONGEST_GENERATE_NAME = 58;

export interface StoredRun {
  run: PipelineRun & { metadata: { name: string; namespace: string } };
  /** Whether the name is made up, for a run with a generateName. */
  isExampleName: boolean;
}

/**
 * @param namespace of a run that names none
 * @throws ManifestError
 */
export function storedRun(object: ManifestObject, namespace: string): StoredRun {
  const { name, generateName } = object.metadata;
  if (!name && !generateName) {
    throw new ManifestError("the PipelineRun has neither metadata.name nor metadata.generateName");
  }
  if (specOf(object) === undefined) {
    throw new ManifestError(
      `the PipelineRun's spec is ${JSON.stringify(object["spec"])}, and must be an object`,
    );
  }
  const run = inV1(object);
  checkShape(run);
  return {
    run: {
      ...run,
      metadata: {
        ...run.metadata,
        name: name || generateName!.slice(0, LONGEST_GENERATE_NAME) + EXAMPLE_SUFFIX,
        namespace: object.metadata.namespace || namespace,
        uid: EXAMPLE_UID,
      },
    },
    isExampleName: !name,
  };
}

/** As the operator sees it, whatever version it was sent in. */
function inV1(object: ManifestObject): PipelineRun {
  try {
    return convert(object as unknown as Parameters<typeof convert>[0], "tekton.dev/v1") as PipelineRun;
  } catch (error) {
    throw new ManifestError(
      `the PipelineRun of ${object.apiVersion} cannot be read: ${(error as Error).message}`,
    );
  }
}

/** What placement is decided by. All else may have any shape: it is Tekton's to refuse. */
function checkShape({ spec }: PipelineRun): void {
  const check = (field: string, value: unknown, isRight: boolean, allowed: string): void => {
    if ((value ?? undefined) === undefined || isRight) return;
    throw new ManifestError(
      `the PipelineRun's spec.${field} is ${JSON.stringify(value)}, and must be ${allowed}`,
    );
  };
  const template = (field: string, value: unknown): void => {
    check(field, value, isObject(value), "an object");
    for (const list of ["tolerations", "imagePullSecrets"]) {
      const items = (value as Record<string, unknown> | undefined)?.[list];
      check(`${field}.${list}`, items, Array.isArray(items), "a list");
    }
  };
  const { taskRunTemplate, taskRunSpecs } = spec!;
  check("taskRunTemplate", taskRunTemplate, isObject(taskRunTemplate), "an object");
  template("taskRunTemplate.podTemplate", taskRunTemplate?.podTemplate);
  const areObjects = Array.isArray(taskRunSpecs) && taskRunSpecs.every(isObject);
  check("taskRunSpecs", taskRunSpecs, areObjects, "a list of objects");
  taskRunSpecs?.forEach(({ podTemplate }, index) =>
    template(`taskRunSpecs[${index}].podTemplate`, podTemplate),
  );
}
