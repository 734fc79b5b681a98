/** What runs on this machine, for tests that nothing is left behind. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Command lines of processes that name that text, that is, that belong to the cluster of that directory. */
export async function processesNaming(text: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-ww", "-o", "stat=,args="]);
  return stdout
    .split("\n")
    .filter(line => line.includes(text) && !line.startsWith("Z"))
    .map(line => line.trim());
}
