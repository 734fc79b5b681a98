/** The line by which the stand-in says that its webhooks are called and everything is watched. */
import { readFile } from "node:fs/promises";

export const readyLine = "tekton-stand-in: ready";

/** Whether the process that writes to this log has said so. */
export async function saysReady(logFile: string): Promise<boolean> {
  return (await readFile(logFile, "utf8")).split("\n").includes(readyLine);
}
