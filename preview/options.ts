/** The command line of `npm run preview`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface PreviewOptions {
  /** Absolute path. */
  file: string;
  /** Which of the file's runs; undefined when it holds but one. */
  run: string | undefined;
  /** Absolute path; undefined when no cluster is to be asked. */
  kubeconfigFile: string | undefined;
  output: Output;
}

const OUTPUTS = ["text", "json"] as const;
export type Output = (typeof OUTPUTS)[number];

export const USAGE = `npm run preview -- -f FILE [options]

Shows what the operator would do with a PipelineRun. Nothing is changed, and no cluster is needed.

  -f, --file FILE        YAML with one PipelineRun; its Pipelines, Tasks, LimitRanges, RuntimeClasses,
                         PriorityClasses and Namespace may stand beside it
  --run NAME             which run, where the file holds several
  --kubeconfig FILE      reads from the cluster of its current context what the file does not hold
  -o, --output text|json for people (the default) or for programs
  -h, --help             this text

Exit code: 0 the run would start, whether the operator holds it first or leaves it alone; 1 it would be
refused or find no node, or there is nothing to preview; 2 the command line is wrong.`;

/**
 * @param args as after the script's name
 * @param directory what relative paths start from
 * @returns undefined when help is wanted
 * @throws Error that says what is wrong with the arguments
 */
export function parseOptions(args: string[], directory: string): PreviewOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      file: { type: "string", short: "f", multiple: true },
      run: { type: "string" },
      kubeconfig: { type: "string" },
      output: { type: "string", short: "o", default: "text" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const files = values.file ?? [];
  if (files.length !== 1 || files[0] === "") {
    throw new Error(
      `-f is given ${JSON.stringify(files)}, and must be given once, with the path of a YAML file`,
    );
  }
  const output = OUTPUTS.find(name => name === values.output);
  if (output === undefined) {
    throw new Error(`-o is "${values.output}", and must be one of ${OUTPUTS.join(", ")}`);
  }
  for (const name of ["run", "kubeconfig"] as const) {
    if (values[name] === "") throw new Error(`--${name} is "", and must not be empty`);
  }
  return {
    file: resolve(directory, files[0]!),
    run: values.run,
    kubeconfigFile: values.kubeconfig === undefined ? undefined : resolve(directory, values.kubeconfig),
    output,
  };
}
