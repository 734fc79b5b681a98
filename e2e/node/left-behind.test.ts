/** A test bed with a real node is gone without a trace, however it ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { kubeClients } from "../../capabilities/kube/client";
import { until } from "../../testbed/until";
import { describeOnRealNode, restrictedPod, TEST_MILLISECONDS, WAIT_MILLISECONDS } from "./on-real-node";
import { areThere, podLinks, tracesOf } from "./traces";

const namespace = "default";
const CLIENT_OPTIONS = { maxConnections: 2, requestTimeoutMilliseconds: 10_000 };
/** The kubelet is built once. */
const START_MILLISECONDS = 10 * 60_000;

describeOnRealNode("npm run testbed -- --real-node", () => {
  test.each([
    { name: "ended by SIGTERM", signal: "SIGTERM" as const },
    { name: "killed", signal: "SIGKILL" as const },
  ])(
    "leaves nothing when it is $name",
    async ({ signal }) => {
      const directory = await mkdtemp(join(tmpdir(), "left-behind-"));
      const kubeconfig = join(directory, "kubeconfig");
      const main = join(__dirname, "..", "..", "testbed", "main.ts");
      const args = ["--import", "tsx", main, "--real-node", "--nodes", "1", "--kubeconfig", kubeconfig];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "close");
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      try {
        const logs = await until("the instructions", START_MILLISECONDS, async () => {
          if (child.exitCode !== null) throw new Error(output);
          return /^Logs are in (\S+)$/m.exec(output)?.[1];
        });
        const { core } = kubeClients(CLIENT_OPTIONS, kubeconfig);
        await core.createNamespacedPod({ namespace, body: restrictedPod("pause", "10m") });
        await until("a pod that runs", WAIT_MILLISECONDS, async () => {
          const { status } = await core.readNamespacedPod({ namespace, name: "pause" });
          return status?.phase === "Running";
        });
        const cluster = join(logs, "..");
        const traces = tracesOf(cluster).map(trace => trace.split(" ")[0]);
        expect([...new Set(traces)]).toEqual(["process", "link", "cgroup", "directory"]);
        const links = podLinks(cluster);
        expect(links).toHaveLength(1);
        child.kill(signal);
        await ended;
        await until("every trace to be gone", WAIT_MILLISECONDS, async () => tracesOf(cluster).length === 0);
        expect(areThere(links)).toEqual([]);
      } finally {
        child.kill("SIGKILL"); // Where a step above has failed.
        await rm(directory, { recursive: true });
      }
    },
    START_MILLISECONDS + TEST_MILLISECONDS,
  );
});
