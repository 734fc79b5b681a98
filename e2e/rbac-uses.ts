/** What the end-to-end tests used of the operator's permissions; one file for each cluster. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readUses, type Use } from "../testbed/audit";
import type { Cluster } from "../testbed/cluster";
import { clusterFiles } from "../testbed/control-plane";

const DIRECTORY = join(__dirname, "..", ".testbed", "rbac");

/**
 * @param isExpected what may be denied, because the test takes the permission away
 * @throws Error when another request of the operator was denied
 */
export async function noteUses(cluster: Cluster, isExpected: (use: Use) => boolean): Promise<void> {
  const all = await readUses(clusterFiles(cluster.directory).auditLog);
  const uses = all.filter(use => use.denied === undefined || !isExpected(use));
  await mkdir(DIRECTORY, { recursive: true });
  await writeFile(join(DIRECTORY, `${cluster.name}.json`), JSON.stringify(uses));
  const denied = uses.filter(use => use.denied !== undefined);
  if (denied.length > 0) throw new Error(`the operator was denied: ${JSON.stringify(denied)}`);
}

/** Of all clusters since the directory was last removed; empty when there was none. */
export async function notedUses(): Promise<Use[]> {
  const files = await readdir(DIRECTORY).catch(() => []);
  const texts = await Promise.all(files.map(file => readFile(join(DIRECTORY, file), "utf8")));
  return texts.flatMap(text => JSON.parse(text) as Use[]);
}
