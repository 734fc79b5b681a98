/** What a namespace, or Tekton's own settings, make of a run's requests. */
import { expect, test } from "@jest/globals";
import { applyObjects, deleteObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { after, asking, cpu, type FitTests } from "../fit/fixture";
import { RUN_MILLISECONDS, run } from "../operated-cluster";
import { Case } from "./case";

const TEKTON_NAMESPACE = "tekton-pipelines";

export const boundsCases: FitTests = fit => {
  test(
    "a quota of one pod, which a placeholder would take, is told, and a larger one is seen",
    async () => {
      const own = new Case(fit(), "one-pod-quota");
      await fit().node("one-pod-quota", "8");
      const quota = (pods: string) => ({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "pods", namespace: "one-pod-quota" },
        spec: { hard: { pods } },
      });
      const tasks = [cpu("build", "500m"), cpu("test", "500m", after("build"))];
      const previewed = await own.apply([quota("1"), run("one-by-one", tasks)]);
      const message = await own.heldFor("PlaceholderRefused", previewed);
      expect(message).toMatch(/exceeded quota: pods, .*no pod would be left for the run/);
      await applyObjects(fit().operated.cluster.kubeconfigFile, [quota("2")]);
      await own.succeedsOn("one-pod-quota");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "what a LimitRange's min keeps the placeholder from giving up counts beside the run",
    async () => {
      const own = new Case(fit(), "least");
      await fit().node("least-4", "4");
      const least = {
        apiVersion: "v1",
        kind: "LimitRange",
        metadata: { name: "least" },
        spec: { limits: [{ type: "Container", min: { cpu: "200m" } }] },
      };
      const tasks = [cpu("fetch", "300m"), cpu("build", "4", after("fetch"))];
      const made = await own.madeAs(await own.apply([least, run("fills-a-node", tasks)]));
      expect(made.requests).toMatchObject({ cpu: "4200m" });
      expect(await fit().told("least", "NeverFits")).toContain("cpu 4200m");
      await fit().node("least-8", "8");
      await own.succeedsOn("least-8");
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "requests that Tekton gives by default count, as they are when the placeholder is made",
    async () => {
      const own = new Case(fit(), "by-tekton");
      await fit().node("by-tekton-2", "2");
      await fit().node("by-tekton-8", "8");
      const { kubeconfigFile, clients } = fit().operated.cluster;
      const defaults = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "config-defaults", namespace: TEKTON_NAMESPACE },
        data: { "default-container-resource-requirements": "default: {requests: {cpu: '3'}}\n" },
      };
      await applyObjects(kubeconfigFile, [defaults]);
      try {
        // No Event tells of it, and a watch is quicker than a second.
        await until("the settings to be there", RUN_MILLISECONDS, () =>
          clients.core.readNamespacedConfigMap({ namespace: TEKTON_NAMESPACE, name: "config-defaults" }),
        );
        await new Promise(resolve => setTimeout(resolve, 2000));
        const made = await own.madeAs(
          await own.apply([defaults, run("asks-for-nothing", [asking("only", {})])]),
        );
        expect(made.requests).toMatchObject({ cpu: "3" });
        await own.succeedsOn("by-tekton-8");
      } finally {
        await deleteObjects(kubeconfigFile, [defaults]);
      }
    },
    RUN_MILLISECONDS * 2,
  );
};
