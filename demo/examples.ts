/** The examples that the demo runs, as they are in examples/. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parseObjects } from "../testbed/manifests";

export interface Example {
  objects: KubernetesObject[];
  /** Name of its PipelineRun. */
  run: string;
}

const EXAMPLES = join(__dirname, "..", "examples");
const isRun = ({ kind }: KubernetesObject): boolean => kind === "PipelineRun";

/** @throws Error when the file does not hold just one PipelineRun with a name */
export async function readExample(file: string): Promise<Example> {
  const objects = parseObjects(await readFile(join(EXAMPLES, file), "utf8"));
  const runs = objects.filter(isRun);
  const run = runs[0]?.metadata?.name;
  if (runs.length !== 1 || run === undefined) {
    throw new Error(`examples/${file} must hold one PipelineRun with a name, and holds ${runs.length}`);
  }
  return { objects, run };
}

/** Its PipelineRun once more, under another name; what that refers to must be there already. */
export function again({ objects }: Example, run: string): Example {
  const copies = objects
    .filter(isRun)
    .map(object => ({ ...object, metadata: { ...object.metadata, name: run } }));
  return { objects: copies, run };
}
