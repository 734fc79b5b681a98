/** Strangers who wait for just the room that a placeholder lets go of for a pod of its run. */
import { expect, test } from "@jest/globals";
import { NODE_LABEL } from "../../capabilities/keys";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { until } from "../../testbed/until";
import { RUN_MILLISECONDS, run } from "../operated-cluster";
import { after, cpu, type FitTests } from "./fixture";

const STRANGERS = 4;

export const theftTests: FitTests = fit => {
  test(
    "strangers who get between a shrink and its pod send the run to another node, whole",
    async () => {
      const { operated } = fit();
      await operated.createNamespace("thefts");
      await fit().node("thefts-first", "8");
      const tasks = [
        cpu("first", "2"),
        cpu("second", "4", after("first")),
        cpu("third", "8", after("second")),
      ];
      await operated.apply("thefts", [run("robbed", tasks)]);
      await until("the placeholder to have the whole node", RUN_MILLISECONDS, async () =>
        operated.history
          .now("pod", "thefts")
          .some(pod => isPlaceholderPod(pod) && pod.spec?.nodeName === "thefts-first"),
      );
      for (let index = 0; index < STRANGERS; index++) {
        await fit().stranger("thefts", `stranger-${index}`, "thefts-first", "3", false);
      }
      await fit().node("thefts-second", "8");
      expect(await fit().ended("thefts", 2 * RUN_MILLISECONDS)).toEqual(["Succeeded"]);
      expect(fit().splits("thefts")).toEqual([]);
      const thieves = operated.history
        .now("pod", "thefts")
        .filter(pod => pod.metadata!.name!.startsWith("stranger-") && pod.spec?.nodeName !== undefined);
      const moved = fit().nodes("thefts").join(", then ");
      console.info(`${thieves.length} of ${STRANGERS} strangers took room; the run was on ${moved}`);
      expect(thieves.length).toBeGreaterThan(0);
      const [robbed] = operated.history.now("run", "thefts");
      expect(robbed!.metadata!.labels![NODE_LABEL]).toBe(fit().nodes("thefts").at(-1));
    },
    RUN_MILLISECONDS * 4,
  );
};
