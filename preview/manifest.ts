/** The objects of a YAML text, and the one run among them that is looked at. */
import { parseAllDocuments } from "yaml";
import { isObject, objectOf, objectsOf, textOf } from "../capabilities/demand/untrusted";
import { TEKTON_GROUP } from "../capabilities/keys";

/** An object of which only is known that apiVersion and kind are texts, and metadata an object with texts in its maps. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name?: string;
    generateName?: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** What keeps a file from being previewed, in words for people. */
export class ManifestError extends Error {}

/** @throws ManifestError */
function checked(value: unknown, where: string): ManifestObject {
  if (!isObject(value))
    throw new ManifestError(`${where} is ${JSON.stringify(value)}, and must be an object`);
  const object = value as ManifestObject;
  for (const field of ["apiVersion", "kind"] as const) {
    if (textOf(object[field]) === undefined) {
      throw new ManifestError(`${where}: ${field} is ${JSON.stringify(object[field])}, and must be a text`);
    }
  }
  const whose = `${where} (${object.kind})`;
  const metadata = object.metadata ?? {};
  if (!isObject(metadata)) {
    throw new ManifestError(`${whose}: metadata is ${JSON.stringify(metadata)}, and must be an object`);
  }
  for (const field of ["name", "generateName", "namespace"] as const) {
    checkText(metadata[field], `${whose}: metadata.${field}`);
  }
  for (const field of ["labels", "annotations"] as const) checkTexts(metadata[field], whose, field);
  return { ...object, metadata };
}

function checkText(value: unknown, what: string): void {
  if (value === undefined || value === null || typeof value === "string") return;
  throw new ManifestError(
    `${what} is ${JSON.stringify(value)}, and must be a text: put it in quotation marks, as "${String(value)}"`,
  );
}

function checkTexts(map: unknown, whose: string, field: string): void {
  if (map === undefined || map === null) return;
  if (!isObject(map)) {
    throw new ManifestError(
      `${whose}: metadata.${field} is ${JSON.stringify(map)}, and must map texts to texts`,
    );
  }
  for (const [key, value] of Object.entries(map)) checkText(value, `${whose}: metadata.${field}["${key}"]`);
}

/**
 * The objects of all documents; of a List its items.
 *
 * @throws ManifestError when the text is not YAML or a document is not an object of Kubernetes
 */
export function parseManifest(text: string): ManifestObject[] {
  const documents = parseAllDocuments(text);
  return [...documents].flatMap((document, index) => {
    const [error] = document.errors;
    if (error) throw new ManifestError(`it is not YAML: ${error.message}`);
    const where = `document ${index + 1}`;
    const value = plain(() => document.toJS() as unknown, where);
    if (value === null || value === undefined) return [];
    const object = checked(value, where);
    if (object.kind !== "List") return [object];
    return objectsOf(object["items"] as object[]).map((item, at) =>
      checked(item, `${where}, item ${at + 1}`),
    );
  });
}

/** An alias of nothing, or of far too much, is only noticed when it is followed. */
function plain<T>(read: () => T, where: string): T {
  try {
    return read();
  } catch (error) {
    throw new ManifestError(`${where} is not YAML: ${(error as Error).message}`);
  }
}

export const groupOf = ({ apiVersion }: ManifestObject): string =>
  apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";

const titleOf = ({ metadata: { name, generateName } }: ManifestObject): string =>
  name || `${generateName ?? ""}*`;

/**
 * @param name which one, by its name or generateName; may be left out when there is one only
 * @throws ManifestError
 */
export function chooseRun(objects: ManifestObject[], name: string | undefined): ManifestObject {
  const runs = objects.filter(object => object.kind === "PipelineRun" && groupOf(object) === TEKTON_GROUP);
  const titles = runs.map(titleOf).join(", ");
  if (runs.length === 0) throw new ManifestError("it holds no PipelineRun of tekton.dev, and must hold one");
  const chosen =
    name === undefined
      ? runs
      : runs.filter(({ metadata }) => metadata.name === name || metadata.generateName === name);
  if (chosen.length === 1) return chosen[0]!;
  if (name === undefined) {
    throw new ManifestError(`it holds ${runs.length} PipelineRuns (${titles}); choose one with --run NAME`);
  }
  throw new ManifestError(
    `--run is "${name}", and must be the name of just one of the file's PipelineRuns (${titles})`,
  );
}

/** The spec, or nothing where it has not the shape of one. */
export const specOf = (object: ManifestObject): object | undefined => objectOf(object["spec"] as object);
