/** Pods of the Deployments, as Helm renders them. */
import { describe, expect, test } from "@jest/globals";
import { HELM_MILLISECONDS, renderChart } from "./rendered";

interface PodSpec {
  hostNetwork?: boolean;
  dnsPolicy?: string;
}

async function podsOf(...values: string[]): Promise<Record<string, PodSpec>> {
  const deployments = (await renderChart(...values)).filter(({ kind }) => kind === "Deployment");
  return Object.fromEntries(
    deployments.map(({ metadata, spec }) => {
      const { template } = spec as { template: { spec: PodSpec } };
      const { hostNetwork, dnsPolicy } = template.spec;
      return [metadata.name, { hostNetwork, dnsPolicy }];
    }),
  );
}

const NOTHING = { hostNetwork: undefined, dnsPolicy: undefined };

describe("how pods find names", () => {
  test.each([
    { values: [], admission: NOTHING },
    {
      values: ["admission.hostNetwork=true"],
      admission: { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" },
    },
    { values: ['admission.dnsPolicy="Default"'], admission: { ...NOTHING, dnsPolicy: "Default" } },
    {
      values: ["admission.hostNetwork=true", 'admission.dnsPolicy="Default"'],
      admission: { hostNetwork: true, dnsPolicy: "Default" },
    },
  ])(
    "$values: $admission of admission, and the controller's as always",
    async ({ values, admission }) => {
      expect(await podsOf(...values)).toEqual({
        "release-admission": admission,
        "release-controller": NOTHING,
      });
    },
    HELM_MILLISECONDS,
  );

  test("a policy that Kubernetes does not have is refused", async () => {
    await expect(renderChart('admission.dnsPolicy="None"')).rejects.toThrow(/dnsPolicy/);
  });
});
