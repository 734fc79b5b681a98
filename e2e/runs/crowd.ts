/** More runs at once than there are nodes. */
import { expect, test } from "@jest/globals";
import { nap, run, RUN_MILLISECONDS, type OperatedCluster } from "../operated-cluster";

export function crowdTests(started: () => OperatedCluster, nodeCount: number): void {
  const count = 2 * nodeCount;

  test(
    `${count} runs at once on ${nodeCount} nodes: never two on one node, and all succeed`,
    async () => {
      const operated = started();
      // Half of them in another namespace, under the same names: isolation is for the whole cluster.
      const namespaces = ["crowd-1", "crowd-2"];
      for (const namespace of namespaces) await operated.createNamespace(namespace);
      const tasks = [nap("first"), nap("second"), nap("third", 1, { runAfter: ["first", "second"] })];
      const names = Array.from({ length: count / namespaces.length }, (_, index) => `run-${index}`);
      await Promise.all(
        namespaces.flatMap(namespace => names.map(name => operated.createRun(namespace, run(name, tasks)))),
      );
      for (const namespace of namespaces) {
        const runs = await operated.untilEnded(namespace, 3 * RUN_MILLISECONDS);
        const reasons = runs.map(({ status }) => status?.conditions?.[0]?.reason);
        expect(reasons).toEqual(names.map(() => "Succeeded"));
        await operated.untilNoPlaceholder(namespace);
      }
      expect(operated.history.sharedNodes()).toEqual([]);
      for (const namespace of namespaces) {
        for (const name of names) {
          const nodes = operated.history
            .all("pod", namespace)
            .filter(({ object }) => object.metadata?.labels?.["tekton.dev/pipelineRun"] === name)
            .flatMap(({ object }) => object.spec?.nodeName ?? []);
          // A placeholder has no other place to go to while its run is there, so it counts here as well.
          expect([name, new Set(nodes).size]).toEqual([name, 1]);
        }
      }
    },
    5 * RUN_MILLISECONDS,
  );
}
