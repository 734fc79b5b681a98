/** A controller that does not reach the API server; what its kubelet, and with it `helm install --wait`, is told. */
import { expect, test } from "@jest/globals";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryOf } from "../../bench/proc";
import { probe, restart, startPod } from "../../testbed/local-node/local-pod";
import { freePorts } from "../../testbed/ports";
import { answerAt } from "../../testbed/scrape";
import { until } from "../../testbed/until";
import { RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

export function unreachable(operated: () => OperatedCluster): void {
  test(
    "a controller that has never reached the API server is not ready, and says what it waits for",
    async () => {
      const { cluster, operator } = operated();
      const like = operator.kubelet.pods().find(({ pod }) => pod.spec!.containers[0]!.name === "controller")!;
      const [port, nobodys] = (await freePorts(2)) as [number, number];
      const root = await mkdtemp(join(tmpdir(), "unreachable-"));
      const place = { port, address: "127.0.0.1", root };
      const local = await startPod(cluster, like.pod, place, `https://localhost:${nobodys}`);
      try {
        const answer = await until("it to answer", RUN_MILLISECONDS, () =>
          answerAt(port, "/readyz").catch(() => undefined),
        );
        expect(answer).toEqual({
          status: 503,
          text:
            "Not ready. Waits for: no other installation to be in the cluster (the log says which); " +
            "a first look at the Lease.\n",
        });
        expect(await probe(local)).toBe(false);
        await local.process.stop();
        await copyFile(join(like.root, "kubeconfig"), join(root, "kubeconfig"));
        restart(cluster, local);
        await until("it to be ready where it reaches it", RUN_MILLISECONDS, () => probe(local));
        // It stands by: as much as the memory benchmark's budget has for that.
        expect(memoryOf(local.process.pid).peak).toBeLessThan(150);
      } finally {
        await local.process.stop();
        await rm(root, { recursive: true, force: true });
      }
    },
    2 * RUN_MILLISECONDS,
  );
}
