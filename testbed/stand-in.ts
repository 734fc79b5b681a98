/** Starts one of the test bed's own controllers beside a control plane. */
import { join } from "node:path";
import { build } from "esbuild";
import type { Cluster } from "./cluster";
import { untilReady, type ManagedProcess } from "./managed-process";
import { allPackages } from "./packages";
import { saysReady } from "./ready";

export type StandIn = "kubelet-stand-in" | "tekton-stand-in";

const READY_MILLISECONDS = 180_000;

/**
 * Its sources are put into one file at each start, in milliseconds: with sources that are translated while they are
 * loaded, every package is looked at as well, which takes more than a second.
 *
 * @param log name of its process and log file; each process has to have its own, as the log says when it is ready
 * @returns once it says that it is ready
 */
export async function startStandIn(
  cluster: Cluster,
  standIn: StandIn,
  log: string = standIn,
): Promise<ManagedProcess> {
  const file = join(cluster.directory, `${log}.cjs`);
  await build({
    ...{ entryPoints: [join(__dirname, standIn, "main.ts")], outfile: file, sourcemap: "inline" },
    ...{ bundle: true, packages: "external", platform: "node", target: "node20", logLevel: "silent" },
  });
  const started = cluster.spawn(log, process.execPath, ["--enable-source-maps", file], {
    NODE_PATH: allPackages(),
  });
  await untilReady(started, READY_MILLISECONDS, () => saysReady(standIn, started.logFile));
  return started;
}
