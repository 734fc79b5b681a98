/**
 * Two controllers: one acts, and the other takes over. With more runs:
 *
 *   LEADER_RUNS=200 npx jest e2e/leader
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../capabilities/tekton/placeholder-pod";
import { PLACEHOLDER_LABEL, TEKTON_PIPELINE_RUN_LABEL } from "../capabilities/keys";
import { hasEnded, isPending } from "../capabilities/tekton/objects";
import { OPERATOR_NAMESPACE } from "../testbed/operator-names";
import { until } from "../testbed/until";
import {
  nap,
  OperatedCluster,
  run,
  RUN_MILLISECONDS,
  START_MILLISECONDS,
  STOP_MILLISECONDS,
} from "./operated-cluster";

const RUNS = Number(process.env["LEADER_RUNS"] ?? 100);
/** What the operator promises for a controller that dies without a word. */
const LONGEST_STALL_MILLISECONDS = 15_000;
/** Given back on an orderly stop, so no Lease has to run out. */
const HAND_OVER_MILLISECONDS = 5_000;
const LEASE = { namespace: OPERATOR_NAMESPACE, name: "pipelinerun-pod-affinity" };

let operated: OperatedCluster;
beforeAll(async () => {
  operated = await OperatedCluster.start("leader", 40);
}, START_MILLISECONDS);
afterAll(() => operated?.stop(), STOP_MILLISECONDS);

async function holder(): Promise<string> {
  const { spec } = await operated.cluster.clients.coordination.readNamespacedLease(LEASE);
  return spec?.holderIdentity ?? "";
}

/** Signals the controller that holds the Lease. @returns its process id */
async function signalLeader(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP"): Promise<number> {
  const [podName] = (await holder()).split("_");
  const leader = operated.operator.processes("controller").find(({ name }) => name === podName);
  if (leader === undefined) throw new Error(`no controller is ${podName}, which holds the Lease`);
  process.kill(leader.pid, signal);
  return leader.pid;
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
    await signalLeader("SIGKILL");
    const killedAt = Date.now();
    await untilHeldByAnother(before, LONGEST_STALL_MILLISECONDS);
    const followedAfter = Date.now() - killedAt;
    await Promise.all(rest);
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
    await signalLeader("SIGTERM");
    const start = Date.now();
    await untilHeldByAnother(before, HAND_OVER_MILLISECONDS);
    console.info(`handed over after ${Date.now() - start} ms`);
    await operated.createRun("stopped-leader", run("after", [nap("only")]));
    await operated.untilEnded("stopped-leader");
  },
  2 * RUN_MILLISECONDS,
);

test(
  "a leader that is paused is followed, and does no harm when it wakes up",
  async () => {
    await operated.createNamespace("paused-leader");
    const before = await holder();
    const pid = await signalLeader("SIGSTOP");
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
