/** Pods that may use several nodes of one zone. */
import { expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { optedIn, run, RUN_MILLISECONDS } from "../operated-cluster";
import { chosen, cpu, type FitTests } from "./fixture";

export const topologyTests: FitTests = fit => {
  test(
    "a run over a zone's nodes reserves one node's worth there; a second run may have the same zone",
    async () => {
      await fit().operated.createNamespace("zones");
      await fit().node("zones-a-1", "4");
      await fit().node("zones-a-2", "4");
      await fit().node("zones-b-1", "2", { zone: "zone-b" });
      await fit().node("zones-b-2", "2", { zone: "zone-b" });
      const metadata = { labels: optedIn, ...chosen({ "topology-key": "topology.kubernetes.io/zone" }) };
      const tasks = [cpu("left", "3"), cpu("right", "3"), cpu("small", "500m")];
      await fit().operated.apply("zones", [run("spread", tasks, metadata)]);
      await fit().operated.apply("zones", [run("other", [cpu("small", "500m")], metadata)]);
      expect(await fit().ended("zones")).toEqual(["Succeeded", "Succeeded"]);
      expect(await fit().toldOfRoom("zones")).toContain("its largest pod");
      const pods = fit().operated.history.now("pod", "zones");
      const of = (name: string) =>
        pods.filter(
          pod => pod.metadata?.labels?.["tekton.dev/pipelineRun"] === name && !isPlaceholderPod(pod),
        );
      expect([...new Set(of("spread").map(pod => pod.spec!.nodeName))].sort()).toEqual([
        "zones-a-1",
        "zones-a-2",
      ]);
      expect(of("other").map(pod => pod.spec!.nodeName!.slice(0, 5))).toEqual(["zones"]);
      expect(fit().operated.history.sharedNodes()).toEqual([]);
    },
    RUN_MILLISECONDS * 2,
  );
};
