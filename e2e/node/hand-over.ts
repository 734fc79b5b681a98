/** The hand-over on a real node: a run's room goes from its placeholder to its pods by a real kubelet's resizes. */
import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import type { Change } from "../../testbed/event-feed";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { run } from "../operated-cluster";
import { TEST_MILLISECONDS, type Stage } from "./on-real-node";
import { placeholderSizes, podTimes, told, waits } from "./timeline";
import { PEAK, waves } from "./waves";

const namespace = "real";
/** A pod that finds its room taken is tried again by the scheduler after a second and more. */
const MOST_WAITING_MILLISECONDS = 1_000;

/** Why pods failed, in their kubelet's words. */
function failures(changes: readonly Change<V1Pod>[]): string {
  const failed = changes.filter(({ object }) => object.status?.phase === "Failed");
  const lines = failed.map(({ object: { metadata, status } }) => {
    const { reason, message, containerStatuses, initContainerStatuses } = status!;
    return `${metadata!.name}: ${JSON.stringify({ reason, message, initContainerStatuses, containerStatuses })}\n`;
  });
  return [...new Set(lines)].join("");
}

export function handOverTests(stage: () => Stage): void {
  /** With what Tekton says where it is not that. */
  const result = ({ status }: PipelineRun): string => {
    const condition = status?.conditions?.[0];
    return condition?.status === "True" ? "Succeeded" : JSON.stringify(condition);
  };

  test(
    "three waves, each smaller than the last, find their room at once",
    async () => {
      const { operated } = stage();
      await operated.createNamespace(namespace);
      const podTemplate = { ...ON_REAL_NODE };
      const spec = { taskRunTemplate: { podTemplate } };
      await operated.apply(namespace, [run("waves", waves(), {}, spec)]);
      const runs = await operated.untilEnded(namespace, TEST_MILLISECONDS);
      const changes = operated.history.all("pod", namespace);
      process.stderr.write(`The hand-over on a real node:\n${told(changes)}\n${failures(changes)}`);

      expect(runs.map(result)).toEqual(["Succeeded"]);
      expect(operated.history.nodesOfPods(namespace)).toEqual([REAL_NODE]);
      const times = podTimes(changes);
      expect(times.map(({ task }) => task).sort()).toEqual(["large", "left", "right", "small"]);
      const forRoom = waits(times).map(wait => wait.forRoom);
      expect(Math.max(...forRoom)).toBeLessThan(MOST_WAITING_MILLISECONDS);
      const sizes = placeholderSizes(changes);
      expect(sizes[0]!.asked).toBe(PEAK);
      // The kubelet has granted it, not only been asked. What it had before that it need not have told.
      expect(sizes.at(-1)!.inForce).toBe(sizes.at(-1)!.asked);
      await operated.untilNoPlaceholder(namespace);
    },
    2 * TEST_MILLISECONDS,
  );
}
