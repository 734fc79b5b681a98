/** Errors in the operator's logs that no cluster can be the reason of, but only its code. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "./cluster";
import { clusterFiles } from "./control-plane";
import { RELEASE } from "./operator-names";

/** What V8 says of values that are not what the code takes them for. */
const FAULT = /Cannot (read|set) properties of|is not a function|is not iterable|is not defined/;

/** The first such line of each process. */
export async function loggedFaults({ directory }: Cluster): Promise<string[]> {
  const { logs } = clusterFiles(directory);
  const files = (await readdir(logs)).filter(name => name.startsWith(RELEASE));
  const texts = await Promise.all(files.map(name => readFile(join(logs, name), "utf8")));
  return texts.flatMap(text => text.split("\n").find(line => FAULT.test(line)) ?? []);
}
