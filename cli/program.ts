/** The command line. What each command does stands in its folder, and is loaded when it is wanted. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { LsOptions } from "./ls/command";
import type { MapOptions } from "./map/command";
import type { WhyOptions } from "./why/command";
import type { PreviewOptions } from "../preview/command";

export interface Commands {
  why(run: string, options: WhyOptions): Promise<void>;
  ls(options: LsOptions): Promise<void>;
  map(options: MapOptions): Promise<void>;
  preview(options: PreviewOptions): Promise<void>;
}

/** Neither empty nor given twice. */
function once(value: string, before: string | undefined): string {
  if (value === "") throw new InvalidArgumentError("It must not be empty.");
  if (before !== undefined) throw new InvalidArgumentError(`It was given before, as "${before}".`);
  return value;
}

const RUN = /^(?:[^/\s]+\/)?[^/\s]+$/;

function runName(value: string): string {
  if (!RUN.test(value))
    throw new InvalidArgumentError("It must be the name of a PipelineRun, or NAMESPACE/NAME.");
  return value;
}

const output = () =>
  new Option("-o, --output <format>", "for people or for programs").choices(["text", "json"]).default("text");

const toCluster = (command: Command): Command =>
  command
    .option("--kubeconfig <file>", "the kubeconfig to use (default: as kubectl does)", once)
    .option("--context <name>", "its context to use (default: the current one)", once)
    .option("-n, --namespace <name>", "the namespace (default: the context's)", once);

/** @param as what people call it by: it is a plugin of kubectl as well */
export function makeProgram(commands: Commands, version: string, as = "pipelinerun-pod-affinity"): Command {
  const program = new Command(as)
    .description("What happens to the PipelineRuns that are kept together on a node, and why. It only reads.")
    .version(version)
    .showHelpAfterError()
    .exitOverride();

  toCluster(program.command("why"))
    .description("what happened to a run, what it waits for, since when, and what to do")
    .argument("<[namespace/]run>", "the PipelineRun", runName)
    .addOption(output())
    .action((run: string, options: WhyOptions) => commands.why(run, options));

  toCluster(program.command("ls"))
    .description("runs that are held or placed, with their nodes and what they wait for")
    .option("-A, --all-namespaces", "of all namespaces", false)
    .option("--ended", "those that have ended as well", false)
    .addOption(output())
    .action((options: LsOptions) => commands.ls(options));

  toCluster(program.command("map"))
    .description("nodes, and the runs and pods on them; of all namespaces unless one is named")
    .option("-w, --watch", "draw it again every 2 s, until Ctrl-C", false)
    .option("--svg <file>", "write a picture as well: nodes down, time across, a colour a run", once)
    .addOption(output())
    .action((options: MapOptions) => commands.map(options));

  program
    .command("preview")
    .description(
      "what would be done with a PipelineRun of a file; nothing is changed, and no cluster is needed",
    )
    .requiredOption(
      "-f, --file <file>",
      "YAML with one PipelineRun; its Pipelines, Tasks, LimitRanges, RuntimeClasses, PriorityClasses and Namespace " +
        "may stand beside it",
      once,
    )
    .option("--run <name>", "which run, where the file holds several", once)
    .option(
      "--kubeconfig <file>",
      "read from the cluster of its current context what the file does not hold",
      once,
    )
    .addOption(output())
    .addHelpText(
      "after",
      "\nExit code: 0 the run would start, whether the operator holds it first or leaves it alone; 1 it would be\n" +
        "refused or find no node, or there is nothing to preview; 2 the command line is wrong.",
    )
    .action((options: PreviewOptions) => commands.preview(options));

  return program;
}

const NOTHING: Commands = {
  why: async () => {},
  ls: async () => {},
  map: async () => {},
  preview: async () => {},
};

/**
 * For pages that tell people what to type.
 *
 * @throws CommanderError when it is not a command line of this program
 */
export function checkCommandLine(args: readonly string[]): void {
  const program = makeProgram(NOTHING, "");
  for (const one of [program, ...program.commands]) one.configureOutput({ writeErr: () => {} });
  program.parse(args, { from: "user" });
}
