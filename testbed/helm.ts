/** Helm on a cluster. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensureTool } from "./binaries";

const execute = promisify(execFile);
const TIMEOUT_MILLISECONDS = 10 * 60_000;
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Runs Helm, which is built first if it has to be.
 *
 * @returns standard output
 * @throws Error with what Helm said
 */
export async function helm(kubeconfigFile: string, ...args: string[]): Promise<string> {
  const program = await ensureTool("helm");
  const options = {
    timeout: TIMEOUT_MILLISECONDS,
    maxBuffer: MOST_OUTPUT_BYTES,
    env: { ...process.env, KUBECONFIG: kubeconfigFile },
  };
  try {
    return (await execute(program, args, options)).stdout;
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    throw new Error(`helm ${args[0]} failed: ${stderr?.trim() || message}`, { cause });
  }
}
