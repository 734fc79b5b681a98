/** `preview -f FILE`: what the operator would do with a PipelineRun, without doing it. */
import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { parseSettings } from "../capabilities/choices/settings";
import { chooseRun, parseManifest } from "./manifest";
import { previewOf, type Preview } from "./preview";
import { storedRun } from "./stored-run";
import { surroundingsIn } from "./surroundings";
import { previewText } from "./words";

export interface PreviewOptions {
  file: string;
  /** Which of the file's runs; undefined when it holds but one. */
  run?: string;
  /** Undefined when no cluster is to be asked. */
  kubeconfig?: string;
  output: "text" | "json";
}

/** npm runs scripts in the project's directory; this is where the person stands. */
const DIRECTORY = process.env["INIT_CWD"] ?? process.cwd();

/** Sets the exit code: 1 where the run would not start. */
export async function preview(options: PreviewOptions): Promise<void> {
  const file = resolve(DIRECTORY, options.file);
  try {
    const made = await make(file, options);
    console.log(options.output === "json" ? JSON.stringify(made, undefined, 2) : previewText(made));
    process.exitCode = made.problems.length > 0 ? 1 : 0;
  } catch (error) {
    const name = relative(DIRECTORY, file);
    console.error(`No preview of ${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function make(file: string, { run: name, kubeconfig }: PreviewOptions): Promise<Preview> {
  const settings = parseSettings(process.env);
  const objects = parseManifest(await readFile(file, "utf8"));
  const chosen = chooseRun(objects, name);
  if (kubeconfig === undefined) {
    const stored = storedRun(chosen, "default");
    return previewOf(stored, surroundingsIn(objects, stored.run.metadata.namespace), settings);
  }
  const kubeconfigFile = resolve(DIRECTORY, kubeconfig);
  // The client takes a second to load, which a preview without a cluster need not wait for.
  const { completed, namespaceOf } = await import("./from-cluster");
  const stored = storedRun(chosen, namespaceOf(kubeconfigFile));
  const inFile = surroundingsIn(objects, stored.run.metadata.namespace);
  return previewOf(stored, await completed(inFile, stored, kubeconfigFile, settings), settings);
}
