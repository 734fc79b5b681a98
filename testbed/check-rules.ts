/** Has rules and queries checked by Prometheus' own code, as `promtool check rules` does. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { ensureTool } from "./binaries";

export interface Checked {
  /** In Prometheus' words. */
  errors: string[];
  /** Names of the metrics that are asked for. */
  metrics: string[];
}

const TIMEOUT_MILLISECONDS = 60_000;

/**
 * @param rules rule files as YAML, by names of the caller's choice
 * @param queries expressions of PromQL, by other names
 * @returns what was found of each, by its name
 * @throws Error when the program cannot be had, or fails
 */
export async function checkRules(
  rules: Record<string, string>,
  queries: Record<string, string> = {},
): Promise<Record<string, Checked>> {
  const program = await ensureTool("checkrules");
  const child = spawn(program, [], { timeout: TIMEOUT_MILLISECONDS });
  child.stdin.end(JSON.stringify({ rules, queries }));
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const [code, answer, complaint] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`the check of rules failed: ${complaint.trim() || `exit code ${code}`}`);
  return JSON.parse(answer) as Record<string, Checked>;
}
