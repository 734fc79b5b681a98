/** `npm run record:kubelet`: notes what a real kubelet answers to resizes, for its stand-in to be held against. */
import { cpus } from "node:os";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import { startCluster } from "../../cluster";
import { ON_REAL_NODE, REAL_NODE, startRealNode } from "../node";
import { CORES, record } from "./record";
import { SCENARIOS } from "./scenarios";
import type { Recording } from "./states";

const FILE = join(__dirname, "recording.json");

async function main(): Promise<void> {
  if (cpus().length !== CORES) throw new Error(`a recording is made on a machine with ${CORES} CPUs`);
  const cluster = await startCluster({ name: "record-kubelet", tektonStandIn: false });
  try {
    await startRealNode(cluster);
    const recordings: Recording[] = [];
    for (const scenario of SCENARIOS) {
      recordings.push(await record(cluster, scenario, ON_REAL_NODE));
      console.log(scenario.name);
    }
    const { status } = await cluster.clients.core.readNode({ name: REAL_NODE });
    const { kubeletVersion, containerRuntimeVersion } = status!.nodeInfo!;
    const text = JSON.stringify({ kubeletVersion, containerRuntimeVersion, recordings });
    await writeFile(FILE, await format(text, { parser: "json", printWidth: 110 }));
  } finally {
    await cluster.stop();
  }
}

main().catch((error: unknown) => {
  console.error(`Nothing was recorded: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
