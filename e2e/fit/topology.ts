/** Pods that may use several nodes of one zone; and those that may not, whatever their Pipeline says. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { expect, test } from "@jest/globals";
import { isPlaceholderPod } from "../../capabilities/tekton/placeholder-pod";
import { optedIn, run, RUN_MILLISECONDS } from "../operated-cluster";
import type { PipelineRun } from "../../capabilities/tekton/objects";
import { after, chosen, cpu, type FitTests } from "./fixture";

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

  test(
    "a topology-key on a Pipeline, which Tekton brings after release, splits no run over nodes",
    async () => {
      const namespace = "brought-zone";
      await fit().operated.createNamespace(namespace);
      await fit().node("brought-1", "4");
      await fit().node("brought-2", "4");
      const choice = chosen({ "topology-key": "topology.kubernetes.io/zone" });
      // Either of the two has a node of its own, if it may.
      const tasks = [cpu("left", "1", {}, 5), cpu("right", "1", {}, 5), cpu("last", "1", after("left"))];
      const pipeline = { apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata: { name: "p", ...choice } };
      await fit().operated.apply(namespace, [{ ...pipeline, spec: { tasks } } as KubernetesObject]);
      const body = { ...run("named", [], { labels: optedIn }), spec: { pipelineRef: { name: "p" } } };
      await fit().operated.createRun(namespace, body);
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
      const [{ metadata }] = fit().operated.history.now("run", namespace) as [PipelineRun];
      expect(metadata!.annotations).toMatchObject(choice.annotations);
      const terms = fit()
        .operated.history.now("pod", namespace)
        .filter(pod => !isPlaceholderPod(pod))
        .flatMap(
          ({ spec }) => spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
        );
      expect(terms.map(({ topologyKey }) => topologyKey)).toEqual(Array(3).fill("kubernetes.io/hostname"));
      expect(fit().nodes(namespace)).toHaveLength(1);
    },
    RUN_MILLISECONDS,
  );
};
