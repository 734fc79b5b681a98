/** Runs of every shape: placed as a whole, let go only after the placeholder was bound, and cleaned up. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { PLACEHOLDER_LABEL } from "../../capabilities/keys";
import { hasStarted, isPending } from "../../capabilities/tekton/objects";
import { addNode } from "../../testbed/nodes";
import { until } from "../../testbed/until";
import {
  CLEAN_UP_MILLISECONDS,
  OWN_NODES,
  recordedInput,
  RUN_MILLISECONDS,
  type OperatedCluster,
} from "../operated-cluster";
import { INPUTS } from "../../testbed/tekton-stand-in/contract/recording";

/** What somebody does to the run meanwhile; null lifts a Pending that is not ours. */
const NEW_STATUS: Record<string, string | null> = {
  cancelled: "CancelledRunFinally",
  pending: null,
  "pending-stopped": "StoppedRunFinally",
};

/** With those that are there already, one for each: all go on at once. */
const FURTHER_NODES = 10;

const namespaceOf = (input: string): string => `shape-${input}`;

async function intervene(operated: OperatedCluster, input: string, namespace: string): Promise<void> {
  const status = NEW_STATUS[input];
  if (status === undefined) return;
  const ready = input === "cancelled" ? hasStarted : isPending;
  const name = await until(`the run of ${input} to be there`, RUN_MILLISECONDS, async () => {
    const found = operated.history.now("run", namespace).find(ready);
    return found?.metadata?.name;
  });
  const path = "/spec/status";
  await operated.patchRun(namespace, name, [
    status === null ? { op: "remove", path } : { op: "add", path, value: status },
  ]);
}

/** One row of the table that the test prints. */
function row(operated: OperatedCluster, input: string, cleanUpMilliseconds: number): string {
  const namespace = namespaceOf(input);
  const pods = operated.history.now("pod", namespace).length;
  const nodes = operated.history.nodesOfPods(namespace).join(" ") || "-";
  return `${input.padEnd(16)} pods ${String(pods).padStart(2)}  node ${nodes.padEnd(8)} placeholder gone after ${cleanUpMilliseconds} ms`;
}

/** @returns the row of the table */
async function placed(operated: OperatedCluster, input: string): Promise<string> {
  const namespace = namespaceOf(input);
  await operated.createNamespace(namespace);
  await operated.apply(namespace, await recordedInput(input));
  await intervene(operated, input, namespace);
  const runs = await operated.untilEnded(namespace);
  const ended = Date.now();
  await operated.untilNoPlaceholder(namespace, CLEAN_UP_MILLISECONDS);
  const told = row(operated, input, Date.now() - ended);

  const { history } = operated;
  expect(history.nodesOfPods(namespace).length).toBeLessThanOrEqual(1);
  expect(runs.filter(isPending)).toEqual([]);
  if (input === "pending-stopped") return told; // Started by somebody else, before it was ours to place.
  const bound = history.first(
    "pod",
    namespace,
    pod => isPlaceholderPod(pod) && pod.spec?.nodeName !== undefined,
  );
  const released = history.first(
    "run",
    namespace,
    run => !isPending(run) && run.metadata?.labels?.[PLACEHOLDER_LABEL] !== undefined,
  );
  expect(bound?.revision).toBeLessThan(released!.revision);
  const pods = history.now("pod", namespace).filter(pod => !isPlaceholderPod(pod));
  const node = history.nodesOfPods(namespace)[0] ?? bound!.object.spec!.nodeName;
  expect(bound!.object.spec!.nodeName).toBe(node);
  for (const pod of pods) expect(pod.metadata?.labels?.[PLACEHOLDER_LABEL]).toBeDefined();
  return told;
}

export function shapeTests(started: () => OperatedCluster): void {
  const outcomes = new Map<string, Promise<string>>();
  const rows: string[] = [];

  // Not with test.concurrent, which would begin beside the tests before these.
  beforeAll(async () => {
    const { clients } = started().cluster;
    const names = Array.from({ length: FURTHER_NODES }, (_, index) => `shapes-${index + 1}`);
    if (OWN_NODES) await Promise.all(names.map(name => addNode(clients, { name })));
    for (const input of INPUTS) {
      const outcome = placed(started(), input);
      outcome.catch(() => undefined); // The test tells of it.
      outcomes.set(input, outcome);
    }
  }, RUN_MILLISECONDS);
  afterAll(() => console.info(rows.sort().join("\n")));

  describe("all pods of a run, its children's too, are on one node", () => {
    test.each(INPUTS)(
      "%s",
      async input => {
        rows.push(await outcomes.get(input)!);
      },
      2 * RUN_MILLISECONDS,
    );
  });

  test("never were two placeholders on one node", () => {
    expect(started().history.sharedNodes()).toEqual([]);
  });
}
