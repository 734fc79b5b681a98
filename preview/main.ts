/** `npm run preview`: what the operator would do with a PipelineRun, without doing it. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { parseSettings } from "../capabilities/choices/settings";
import { completed, namespaceOf } from "./from-cluster";
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
  const namespace = kubeconfigFile === undefined ? "default" : namespaceOf(kubeconfigFile);
  const stored = storedRun(chooseRun(objects, name), namespace);
  const inFile = surroundingsIn(objects, stored.run.metadata.namespace);
  const known =
    kubeconfigFile === undefined ? inFile : await completed(inFile, stored, kubeconfigFile, settings);
  return previewOf(stored, known, settings);
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
