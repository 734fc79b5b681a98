/** `npm run preview`: what the operator would do with a PipelineRun, without doing it. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { parseSettings } from "../capabilities/choices/settings";
import { chooseRun, parseManifest } from "./manifest";
import { parseOptions, USAGE, type PreviewOptions } from "./options";
import { previewOf, type Preview } from "./preview";
import { storedRun } from "./stored-run";
import { surroundingsIn } from "./surroundings";
import { previewText } from "./words";

/** npm runs scripts in the project's directory; this is where the person stands. */
const DIRECTORY = process.env["INIT_CWD"] ?? process.cwd();

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  try {
    const preview = await make(options);
    console.log(options.output === "json" ? JSON.stringify(preview, undefined, 2) : previewText(preview));
    process.exitCode = preview.problems.length > 0 ? 1 : 0;
  } catch (error) {
    const file = relative(DIRECTORY, options.file);
    console.error(`No preview of ${file}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function make({ file, run: name, kubeconfigFile }: PreviewOptions): Promise<Preview> {
  const settings = parseSettings(process.env);
  const objects = parseManifest(await readFile(file, "utf8"));
  const chosen = chooseRun(objects, name);
  if (kubeconfigFile === undefined) {
    const stored = storedRun(chosen, "default");
    return previewOf(stored, surroundingsIn(objects, stored.run.metadata.namespace), settings);
  }
  // The client takes a second to load, which a preview without a cluster need not wait for.
  const { completed, namespaceOf } = await import("./from-cluster");
  const stored = storedRun(chosen, namespaceOf(kubeconfigFile));
  const inFile = surroundingsIn(objects, stored.run.metadata.namespace);
  return previewOf(stored, await completed(inFile, stored, kubeconfigFile, settings), settings);
}

/** Undefined when there is nothing to do: help was given, or the mistake was told. */
function readOptions(): PreviewOptions | undefined {
  try {
    const options = parseOptions(process.argv.slice(2), DIRECTORY);
    if (options === undefined) console.log(USAGE);
    return options;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

void main();
