/** What the end-to-end tests used of the operator's permissions; one file for each cluster. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readUses, type Use } from "../testbed/audit";
import type { Cluster } from "../testbed/cluster";
import { clusterFiles } from "../testbed/control-plane";

const DIRECTORY = join(__dirname, "..", ".testbed", "rbac");

/** @throws Error when a request of the operator was denied */
export async function noteUses(cluster: Cluster): Promise<void> {
  const uses = await readUses(clusterFiles(cluster.directory).auditLog);
  await mkdir(DIRECTORY, { recursive: true });
  await writeFile(join(DIRECTORY, `${cluster.name}.json`), JSON.stringify(uses));
  const denied = uses.filter(use => use.denied !== undefined);
  if (denied.length > 0) throw new Error(`the operator was denied: ${JSON.stringify(denied)}`);
}

/** Of all clusters since the directory was last removed. */
export async function notedUses(): Promise<Use[]> {
  const files = await readdir(DIRECTORY);
  const texts = await Promise.all(files.map(file => readFile(join(DIRECTORY, file), "utf8")));
  return texts.flatMap(text => JSON.parse(text) as Use[]);
}
