/** The command line of `npm run demo`. */
import { parseArgs } from "node:util";

export interface DemoOptions {
  /** Whether Karpenter makes the node for the last run. */
  autoscaler: boolean;
}

export const USAGE = `npm run demo -- [options]

Shows the operator at work on a cluster of its own: four runs, three nodes, then a fourth.

  --autoscaler  a real autoscaler, Karpenter, makes the fourth node; the first time it is built, which takes minutes
  --help        this text`;

/**
 * @param args as after the script's name
 * @returns undefined when help is wanted
 * @throws Error that says what is wrong with the arguments
 */
export function parseOptions(args: string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      autoscaler: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return values.help ? undefined : { autoscaler: values.autoscaler };
}
