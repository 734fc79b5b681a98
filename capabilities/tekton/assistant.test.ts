import { expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import { assistantFix, assistantVerdict, isByTektonOperator } from "./assistant";

const plain = aRun().run;
const claiming = aRun().spec({ workspaces: [{ name: "w", persistentVolumeClaim: { claimName: "c" } }] }).run;
const templated = aRun().spec({ workspaces: [{ name: "w", volumeClaimTemplate: {} }] }).run;

test.each([
  ["disabled", false, false, false],
  ["Disabled", false, false, false],
  ["workspaces", true, false, true],
  [undefined, true, false, true],
  ["no-such-mode", true, false, true],
  ["pipelineruns", true, true, true],
  ["isolate-pipelinerun", true, true, true],
])("coschedule %j: warn %j, clash without claims %j, with claims %j", (mode, warn, without, withClaim) => {
  expect(assistantVerdict(plain, mode)).toEqual({ warn, clash: without });
  expect(assistantVerdict(claiming, mode)).toEqual({ warn, clash: withClaim });
  expect(assistantVerdict(templated, mode)).toEqual({ warn, clash: withClaim });
});

test("the fix names Tekton's namespace", () => {
  expect(assistantFix("openshift-pipelines", false)).toContain(
    "configmap feature-flags -n openshift-pipelines",
  );
});

test("where Tekton's operator keeps the ConfigMap, the fix is its TektonConfig", () => {
  const owner = (apiVersion: string) => [{ apiVersion, kind: "TektonInstallerSet" }];
  expect(isByTektonOperator(owner("operator.tekton.dev/v1alpha1"))).toBe(true);
  expect([owner("apps/v1"), [], undefined].some(isByTektonOperator)).toBe(false);
  expect(assistantFix("openshift-pipelines", true)).toMatch(
    /patch tektonconfig config .*"coschedule":"disabled"/,
  );
});
