/** Runs that are larger than any node, where no autoscaler is expected. */
import { expect, test } from "@jest/globals";
import { RUN_MILLISECONDS, optedIn, run } from "../operated-cluster";
import { chosen, cpu, wide, type FitTests } from "./fixture";

export const neverFitsTests: FitTests = fit => {
  test(
    "a run that no node can hold is told so at once, with the numbers",
    async () => {
      await fit().operated.createNamespace("too-large");
      await fit().node("too-large-8", "8");
      await fit().node("too-large-64", "64", {
        taints: [{ key: "team", value: "other", effect: "NoSchedule" }],
      });
      await fit().operated.apply("too-large", [run("wide", wide())]);
      const message = await fit().told("too-large", "NeverFits");
      expect(message).toMatch(
        /asks for cpu 9, memory 16Mi; the largest of the \d+ nodes .*, too-large-8, has cpu 8/,
      );
      // A node that comes all the same is taken.
      await fit().node("too-large-16", "16");
      expect(await fit().ended("too-large")).toEqual(["Succeeded"]);
      expect(fit().nodes("too-large")).toEqual(["too-large-16"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "on-timeout applies at once, where the settings say so",
    async () => {
      await fit().operated.createNamespace("too-large-ends");
      await fit().node("too-large-ends-4", "4");
      const metadata = { labels: optedIn, ...chosen({ "on-timeout": "cancel" }) };
      await fit().operated.apply("too-large-ends", [run("huge", [cpu("only", "40")], metadata)]);
      expect(await fit().ended("too-large-ends")).toEqual(["Cancelled"]);
    },
    RUN_MILLISECONDS * 2,
  );
};
