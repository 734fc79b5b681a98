/** What a namespace allows: a run that fits its quota without a placeholder fits it with one. */
import { expect, test } from "@jest/globals";
import type { KubernetesObject } from "@kubernetes/client-node";
import { applyObjects } from "../../testbed/manifests";
import { until } from "../../testbed/until";
import { run, RUN_MILLISECONDS } from "../operated-cluster";
import { after, asking, cpu, type Fit, type FitTests } from "./fixture";

const limitRange = (limit: object) => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "defaults" },
  spec: { limits: [{ type: "Container", ...limit }] },
});

async function quota(fit: Fit, namespace: string, hard: Record<string, string>): Promise<void> {
  const body = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "tight" }, spec: { hard } };
  await fit.operated.apply(namespace, [body]);
  await until("the quota to be counted", RUN_MILLISECONDS, async () => {
    const { items } = await fit.operated.cluster.clients.core.listNamespacedResourceQuota({ namespace });
    return items[0]?.status?.used !== undefined;
  });
}

export const boundsTests: FitTests = fit => {
  test(
    "a run that just fits its quota, with limits by default, succeeds",
    async () => {
      await fit().operated.createNamespace("quota");
      await fit().node("quota-16", "16");
      await fit().operated.apply("quota", [
        limitRange({ default: { cpu: "4" }, defaultRequest: { cpu: "100m" } }),
      ]);
      await quota(fit(), "quota", { "requests.cpu": "4" });
      await fit().operated.apply("quota", [
        // What the first to end leaves must not be taken back: the last one fills the quota at once.
        run("full", [cpu("one", "2"), cpu("two", "2", {}, 3), cpu("three", "4", after("one", "two"))]),
      ]);
      expect(await fit().ended("quota")).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "so does one that leaves nothing of cpu, memory and limits",
    async () => {
      await fit().operated.createNamespace("quotas");
      await fit().node("quotas-16", "16");
      await fit().operated.apply("quotas", [
        limitRange({
          default: { cpu: "1", memory: "1Gi" },
          defaultRequest: { cpu: "100m", memory: "64Mi" },
        }),
      ]);
      const hard = ["requests.cpu", "limits.cpu"].map(name => [name, "4"]);
      const more = ["requests.memory", "limits.memory"].map(name => [name, "4Gi"]);
      await quota(fit(), "quotas", Object.fromEntries([...hard, ...more]));
      const [half, whole] = ["2", "4"].map(amount => {
        const amounts = { cpu: amount, memory: `${amount}Gi` };
        return { requests: amounts, limits: amounts };
      });
      await fit().operated.apply("quotas", [
        run("full", [
          asking("one", half!),
          asking("two", half!, {}, 3),
          asking("three", whole!, after("one", "two")),
        ]),
      ]);
      expect(await fit().ended("quotas")).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "what a quota had no room for is asked for again once others have gone",
    async () => {
      const namespace = "capped";
      await fit().operated.createNamespace(namespace);
      await fit().node("capped-16", "16");
      await fit().operated.apply(namespace, [
        limitRange({ default: { cpu: "8" }, defaultRequest: { cpu: "100m" } }),
      ]);
      await quota(fit(), namespace, { "requests.cpu": "12" });
      await fit().stranger(namespace, "others", "capped-16", "8", true);
      const tasks = [cpu("long", "500m", {}, 40), cpu("wide", "5", after("long"))];
      await fit().operated.apply(namespace, [run("capped", tasks)]);
      expect(await fit().told(namespace, "Placed")).toContain("Capped at cpu 4 of 5 by ResourceQuota tight.");
      await fit().operated.cluster.clients.core.deleteNamespacedPod({ namespace, name: "others" });
      expect(await fit().told(namespace, "ReservedAgain")).toBe(
        "A quota has room for more now: the placeholder may ask for cpu 5, memory 16Mi.",
      );
      expect(await fit().ended(namespace)).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS * 3,
  );

  test(
    "storage that the namespace gives to every container keeps no run from starting",
    async () => {
      await fit().operated.createNamespace("storage");
      await fit().node("storage-16", "16", { extraResources: { "ephemeral-storage": "8Gi" } });
      await fit().operated.apply("storage", [limitRange({ defaultRequest: { "ephemeral-storage": "1Gi" } })]);
      await fit().operated.apply("storage", [
        run("stores", [cpu("one", "1"), cpu("two", "1", after("one"))]),
      ]);
      expect(await fit().ended("storage")).toEqual(["Succeeded"]);
    },
    RUN_MILLISECONDS * 2,
  );

  test(
    "what a RuntimeClass adds to each pod is asked for as well",
    async () => {
      const { operated } = fit();
      await operated.createNamespace("overhead");
      await fit().node("overhead-4", "4");
      await applyObjects(operated.cluster.kubeconfigFile, [
        {
          apiVersion: "node.k8s.io/v1",
          kind: "RuntimeClass",
          metadata: { name: "sandboxed" },
          handler: "sandboxed",
          overhead: { podFixed: { cpu: "500m" } },
        } as KubernetesObject,
      ]);
      const podTemplate = { runtimeClassName: "sandboxed" };
      await operated.apply("overhead", [
        run("adds", [cpu("one", "1")], {}, { taskRunTemplate: { podTemplate } }),
      ]);
      expect(await fit().ended("overhead")).toEqual(["Succeeded"]);
      expect(fit().asked("overhead")[0]).toBe("1500m");
    },
    RUN_MILLISECONDS * 2,
  );
};
