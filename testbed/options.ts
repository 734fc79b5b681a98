/** The command line of `npm run testbed`. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

export interface TestbedOptions {
  nodes: number;
  /** Whether this machine is a node as well. */
  realNode: boolean;
  /** Absolute path. */
  kubeconfigFile: string;
}

export const DEFAULT_KUBECONFIG = join(__dirname, "..", ".testbed", "kubeconfig");

export const USAGE = `npm run testbed -- [options]

Leaves a Kubernetes cluster up on this machine until Ctrl-C.

  --nodes N          fake nodes of 8 CPUs and 32 GiB, 1 to 1000 (default 3)
  --real-node        this machine is a node as well, with a kubelet and containers; needs root
  --kubeconfig FILE  where to write its kubeconfig (default .testbed/kubeconfig)
  --help             this text`;

const MOST_NODES = 1000;

/**
 * @param args as after the script's name
 * @returns undefined when help is wanted
 * @throws Error that says what is wrong with the arguments
 */
export function parseOptions(args: string[]): TestbedOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: "string", default: "3" },
      "real-node": { type: "boolean", default: false },
      kubeconfig: { type: "string", default: DEFAULT_KUBECONFIG },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) {
    throw new Error(`--nodes is "${values.nodes}", and must be a whole number from 1 to ${MOST_NODES}`);
  }
  return { nodes, realNode: values["real-node"], kubeconfigFile: resolve(values.kubeconfig) };
}
