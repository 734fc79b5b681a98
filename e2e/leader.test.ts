/** Two controllers: one acts, and the other takes over. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../capabilities/decide/co-location";
import { PLACEHOLDER_LABEL, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import { hasEnded, isPending } from "../capabilities/tekton";
import { until } from "../testbed/until";
import { nap, OperatedCluster, run, RUN_MILLISECONDS, START_MILLISECONDS } from "./operated-cluster";

const RUNS = 200;
/** What the operator promises for a controller that dies without a word. */
const LONGEST_STALL_MILLISECONDS = 15_000;
/** Given back on an orderly stop, so no Lease has to run out. */
const HAND_OVER_MILLISECONDS = 5_000;
const LEASE = { namespace: "pepr-system", name: "pipelinerun-pod-affinity" };

let operated: OperatedCluster;
beforeAll(async () => {
  operated = await OperatedCluster.start("leader", 40, { controllers: 2 });
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), RUN_MILLISECONDS);

async function holder(): Promise<string> {
  const { spec } = await operated.cluster.clients.coordination.readNamespacedLease(LEASE);
  return spec?.holderIdentity ?? "";
}

/** @returns the index of the controller that held the Lease: its log has its identity in it */
async function stopLeader(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP"): Promise<number> {
  const me = await holder();
  for (const [index, controller] of operated.operator.controllers.entries()) {
    const log = await readFile(controller.logFile, "utf8");
    if (controller.hasExited() || !log.includes(me)) continue;
    if (signal === "SIGSTOP") process.kill(controller.pid, signal);
    else await controller.stop(signal);
    return index;
  }
  throw new Error(`no controller's log names ${me}, which holds the Lease`);
}

const untilHeldByAnother = (before: string, milliseconds: number) =>
  until("another to hold the Lease", milliseconds, async () => {
    const now = await holder();
    return now !== "" && now !== before;
  });

/** Milliseconds that each run of the namespace was held for after its placeholder was bound. */
function stalls(namespace: string): number[] {
  const bound = new Map<string, number>();
  for (const { object, at } of operated.history.all("pod", namespace)) {
    const name = object.metadata?.labels?.[TEKTON_PIPELINE_RUN_LABEL] ?? "";
    if (isPlaceholderPod(object) && object.spec?.nodeName && !bound.has(name)) bound.set(name, at);
  }
  return [...bound].map(([name, at]) => {
    const released = operated.history
      .all("run", namespace)
      .find(
        ({ object }) =>
          object.metadata?.name === name &&
          !isPending(object) &&
          object.metadata.labels?.[PLACEHOLDER_LABEL] !== undefined,
      );
    return (released?.at ?? Infinity) - at;
  });
}

const shareNodes = { annotations: { "pod-affinity.tekton.dev/isolation": "none" } };

test(
  `the leader is killed in the middle of ${RUNS} runs: none stalls for more than ${LONGEST_STALL_MILLISECONDS / 1000} s`,
  async () => {
    await operated.createNamespace("killed-leader");
    const create = async (index: number) =>
      operated.createRun("killed-leader", run(`run-${index}`, [nap("only")], shareNodes));
    for (let index = 0; index < RUNS / 2; index++) await create(index);
    const rest = Array.from({ length: RUNS / 2 }, (_, index) => create(RUNS / 2 + index));
    const before = await holder();
    const killed = await stopLeader("SIGKILL");
    const killedAt = Date.now();
    await untilHeldByAnother(before, LONGEST_STALL_MILLISECONDS);
    const followedAfter = Date.now() - killedAt;
    await Promise.all(rest);
    await operated.operator.startController(killed);
    await until("all runs to end", 3 * RUN_MILLISECONDS, async () => {
      const runs = operated.history.now("run", "killed-leader");
      return runs.length === RUNS && runs.every(hasEnded);
    });
    const longest = Math.max(...stalls("killed-leader"));
    console.info(`followed after ${followedAfter} ms; longest stall of a run ${longest} ms`);
    expect(stalls("killed-leader").length).toBe(RUNS);
    expect(longest).toBeLessThanOrEqual(LONGEST_STALL_MILLISECONDS);
    await operated.untilNoPlaceholder("killed-leader", RUN_MILLISECONDS);
  },
  5 * RUN_MILLISECONDS,
);

test(
  "an orderly stop hands over at once",
  async () => {
    const before = await holder();
    await operated.createNamespace("stopped-leader");
    const stopped = await stopLeader("SIGTERM");
    const start = Date.now();
    await untilHeldByAnother(before, HAND_OVER_MILLISECONDS);
    console.info(`handed over after ${Date.now() - start} ms`);
    await operated.createRun("stopped-leader", run("after", [nap("only")]));
    await operated.untilEnded("stopped-leader");
    await operated.operator.startController(stopped);
  },
  2 * RUN_MILLISECONDS,
);

test(
  "a leader that is paused is followed, and does no harm when it wakes up",
  async () => {
    await operated.createNamespace("paused-leader");
    const before = await holder();
    const paused = await stopLeader("SIGSTOP");
    const { pid } = operated.operator.controllers[paused]!;
    await operated.createRun("paused-leader", run("first", [nap("only")]));
    await operated.untilEnded("paused-leader");
    const after = await holder();
    expect(after).not.toBe(before);
    process.kill(pid, "SIGCONT");
    await operated.createRun("paused-leader", run("second", [nap("only")]));
    await until("both to end", RUN_MILLISECONDS, async () => {
      const runs = operated.history.now("run", "paused-leader");
      return runs.length === 2 && runs.every(hasEnded);
    });
    await operated.untilNoPlaceholder("paused-leader");
    expect(await holder()).toBe(after);
  },
  2 * RUN_MILLISECONDS,
);
