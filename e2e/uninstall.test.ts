/** The operator is taken away while runs are held and placed. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PLACEHOLDER_LABEL } from "../capabilities/keys";
import { hasStarted, isHeldByUs } from "../capabilities/tekton";
import { ifFound } from "../testbed/if-found";
import { OPERATOR_NAMESPACE, RELEASE } from "../testbed/operator-names";
import { until } from "../testbed/until";
import { nap, OperatedCluster, run, RUN_MILLISECONDS, START_MILLISECONDS } from "./operated-cluster";

/** As many nodes as runs that are placed; just as many wait. */
const NODES = 20;
const NAMESPACE = "left";

let operated: OperatedCluster;
beforeAll(async () => {
  operated = await OperatedCluster.start("uninstall", NODES);
  await operated.createNamespace(NAMESPACE);
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), RUN_MILLISECONDS);

test(
  "helm uninstall with 20 held and 20 placed runs: all 40 end, and nothing of the operator is left but placeholders",
  async () => {
    const { core, admission } = operated.cluster.clients;
    const tasks = [nap("first", 40), nap("second", 2, { runAfter: ["first"] })];
    const names = Array.from({ length: 2 * NODES }, (_, index) => `run-${index}`);
    await Promise.all(names.map(name => operated.createRun(NAMESPACE, run(name, tasks))));
    const now = () => operated.history.now("run", NAMESPACE);
    const active = () =>
      operated.history.now("pod", NAMESPACE).filter(({ metadata, status }) => {
        return metadata?.labels?.["tekton.dev/taskRun"] !== undefined && status?.phase === "Running";
      });
    await until("20 to be held and 20 to run", RUN_MILLISECONDS, async () => {
      return now().filter(isHeldByUs).length === NODES && active().length === NODES;
    });

    const start = Date.now();
    await operated.operator.helm("uninstall", "--wait", "--timeout", "120s");
    console.log(`helm uninstall took ${Date.now() - start} ms`);

    expect(now().filter(isHeldByUs)).toEqual([]);
    // Those that were placed still run their first task, and none has lost its placeholder.
    const needed = active().map(({ metadata }) => metadata?.labels?.[PLACEHOLDER_LABEL]);
    const left = operated.history.now("statefulSet", NAMESPACE).map(({ metadata }) => metadata?.name);
    expect(needed.filter(name => name !== undefined).length).toBeGreaterThan(0);
    expect(left).toEqual(expect.arrayContaining(needed.filter(name => name !== undefined)));
    expect(await ifFound(admission.readMutatingWebhookConfiguration({ name: RELEASE }))).toBeUndefined();
    expect(await ifFound(admission.readValidatingWebhookConfiguration({ name: RELEASE }))).toBeUndefined();
    await until("the operator's pods to go", RUN_MILLISECONDS, async () => {
      const { items } = await core.listNamespacedPod({ namespace: OPERATOR_NAMESPACE });
      return items.length === 0;
    });

    const runs = await operated.untilEnded(NAMESPACE, 3 * RUN_MILLISECONDS);
    expect(runs).toHaveLength(2 * NODES);
    expect(runs.every(hasStarted)).toBe(true);
    const reasons = runs.map(({ status }) => status?.conditions?.[0]?.reason);
    expect(reasons).toEqual(runs.map(() => "Succeeded"));
  },
  6 * RUN_MILLISECONDS,
);
