/** The line of its log by which a stand-in says that it does its work. */
import { readFile } from "node:fs/promises";

export const readyLine = (name: string): string => `${name}: ready`;

/** Whether the stand-in of that name, which writes to this log, has said so. */
export async function saysReady(name: string, logFile: string): Promise<boolean> {
  return (await readFile(logFile, "utf8")).split("\n").includes(readyLine(name));
}
