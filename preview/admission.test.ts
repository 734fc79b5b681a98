import { expect, test } from "@jest/globals";
import { defaultChoices } from "../capabilities/choices/settings";
import { RunBuilder, SETTINGS } from "../capabilities/testing/builders";
import { admissionOf, asHeld } from "./admission";

const DEFAULTS = defaultChoices(SETTINGS);
const run = () => new RunBuilder();
const OPTED_IN = { "tekton.dev/custom-pod-affinity": "true" };

test.each([
  ["opted in", run().optedIn(), undefined, "held", /placeholder has a node/],
  ["of an opted-in namespace", run(), OPTED_IN, "held", /./],
  ["held and exported", run().held(), undefined, "held", /./],
  ["of another namespace", run(), {}, "not opted in", /no label .*: "true", and its namespace does not/],
  ["of an unknown namespace", run(), undefined, "not opted in", /whether its namespace .* not known here$/],
  ["that opts out", run().optedIn("false"), OPTED_IN, "not opted in", /label .* says "false"$/],
  ["misspelt", run().optedIn("True"), {}, "not opted in", /its label is "True", not .*: "true"/],
  ["pending", run().optedIn().pending(), undefined, "held later", /spec.status is "PipelineRunPending"/],
  ["pending, not opted in", run().pending(), {}, "not opted in", /no label/],
  ["cancelled", run().optedIn().status("Cancelled"), undefined, "left alone", /spec.status is "Cancelled"/],
  ["managed elsewhere", run().optedIn().managedBy("kueue"), undefined, "left alone", /managedBy is "kueue"/],
  ["a child", run().optedIn().child(), undefined, "left alone", /another run made it/],
  [
    "wrongly annotated",
    run().optedIn().annotation("pod-affinity.tekton.dev/isolation", "never"),
    undefined,
    "refused",
    /isolation has the value "never"; allowed: required, preferred, none$/,
  ],
])("a run %s", (_, builder, namespaceLabels, outcome, why) => {
  const admission = admissionOf(builder.run, namespaceLabels, DEFAULTS);
  expect(admission).toEqual({ outcome, why: expect.stringMatching(why) });
});

test("a held run has the labels and the defaults that admission writes, and none of an earlier run", () => {
  const copied = run()
    .label("pod-affinity.tekton.dev/placeholder", "of-another")
    .annotation("pod-affinity.tekton.dev/node", "node-1");
  const { metadata } = asHeld(copied.run, { ...DEFAULTS, isolation: "none" });
  expect(metadata!.labels).toEqual({
    ...OPTED_IN,
    "pod-affinity.tekton.dev/held": "true",
    "pod-affinity.tekton.dev/phase": "held",
  });
  expect(metadata!.annotations).toEqual({ "pod-affinity.tekton.dev/isolation": "none" });
});
