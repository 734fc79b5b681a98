/** `npx pipelinerun-pod-affinity`, and `kubectl pod-affinity` where it is on the PATH as kubectl-pod_affinity. */
import { basename } from "node:path";
import { CommanderError } from "commander";
import { version } from "../package.json";
import { makeProgram, type Commands } from "./program";

const WRONG_COMMAND_LINE = 2;

/** The client takes half a second to load, which help need not wait for. */
const COMMANDS: Commands = {
  why: async (run, options) => (await import("./why/command")).why(run, options),
  ls: async options => (await import("./ls/command")).ls(options),
  map: async options => (await import("./map/command")).map(options),
  preview: async options => (await import("../preview/command")).preview(options),
};

const calledAs = (path: string | undefined): string =>
  basename(path ?? "").startsWith("kubectl-") ? "kubectl pod-affinity" : "pipelinerun-pod-affinity";

async function main(): Promise<void> {
  try {
    await makeProgram(COMMANDS, version, calledAs(process.argv[1])).parseAsync();
  } catch (error) {
    // It has told what is wrong.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : WRONG_COMMAND_LINE;
    else {
      console.error(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  }
}

void main();
