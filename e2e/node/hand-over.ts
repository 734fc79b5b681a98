/** The hand-over on a real node: a run's room goes from its placeholder to its pods by a real kubelet's resizes. */
import { cpus } from "node:os";
import { expect, test } from "@jest/globals";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { ON_REAL_NODE, REAL_NODE } from "../../testbed/real-node/node";
import { after, cpu } from "../fit/fixture";
import { run } from "../operated-cluster";
import { TEST_MILLISECONDS, type Stage } from "./on-real-node";
import { placeholderSizes, podTimes, told, waitsForRoom } from "./timeline";

const namespace = "real";
/** A pod that finds its room taken is tried again by the scheduler after a second and more. */
const MOST_WAITING_MILLISECONDS = 1_000;

/** A share of this machine's processors. */
const part = (share: number): string => `${Math.round(cpus().length * share * 1000)}m`;

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
      const tasks = [
        cpu("large", part(0.8), {}, 2),
        cpu("left", part(0.3), after("large"), 2),
        cpu("right", part(0.3), after("large"), 2),
        cpu("small", part(0.2), after("left", "right"), 2),
      ];
      const podTemplate = { ...ON_REAL_NODE };
      const spec = { taskRunTemplate: { podTemplate } };
      await operated.apply(namespace, [run("waves", tasks, {}, spec)]);
      const runs = await operated.untilEnded(namespace, TEST_MILLISECONDS);
      const changes = operated.history.all("pod", namespace);
      process.stderr.write(`The hand-over on a real node:\n${told(changes)}\n`);

      expect(runs.map(result)).toEqual(["Succeeded"]);
      expect(operated.history.nodesOfPods(namespace)).toEqual([REAL_NODE]);
      const times = podTimes(changes);
      expect(times.map(({ task }) => task).sort()).toEqual(["large", "left", "right", "small"]);
      expect(Math.max(...waitsForRoom(times))).toBeLessThan(MOST_WAITING_MILLISECONDS);
      const sizes = placeholderSizes(changes);
      expect(sizes[0]!.asked).toBe(part(0.8));
      // The kubelet has granted it, not only been asked. What it had before that it need not have told.
      expect(sizes.at(-1)!.inForce).toBe(sizes.at(-1)!.asked);
      await operated.untilNoPlaceholder(namespace);
    },
    2 * TEST_MILLISECONDS,
  );
}
