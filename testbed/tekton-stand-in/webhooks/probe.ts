/** Waiting until the API server really calls the webhooks: it takes a moment after they are configured. */
import type { KubeClients } from "../../../capabilities/kube/client";
import { until } from "../../until";
import { group } from "../keys";

const boundMilliseconds = 120_000;

interface Probe {
  spec: { timeouts?: unknown; serviceAccountName?: unknown };
}

/** Creates PipelineRuns of either version, as a dry run, until they come back with Tekton's defaults. */
export async function untilWebhooksAnswer({ custom }: KubeClients): Promise<void> {
  for (const version of ["v1", "v1beta1"]) {
    await until(
      `the API server to call the webhooks for tekton.dev/${version}`,
      boundMilliseconds,
      async () => {
        const body = {
          apiVersion: `${group}/${version}`,
          kind: "PipelineRun",
          metadata: { generateName: "probe-" },
          spec: { pipelineRef: { name: "probe" } },
        };
        const request = { group, version, namespace: "default", plural: "pipelineruns", body, dryRun: "All" };
        try {
          const { spec } = (await custom.createNamespacedCustomObject(request)) as Probe;
          return spec.timeouts !== undefined && (version === "v1" || spec.serviceAccountName !== undefined);
        } catch {
          // While the API server takes up the new configuration, it may refuse or fail to convert.
          return false;
        }
      },
    );
  }
}
