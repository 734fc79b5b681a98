import { expect, test } from "@jest/globals";
import type { V1Pod } from "@kubernetes/client-node";
import { aRun, SETTINGS } from "../testing/builders";
import { placeholderName } from "../placement/names";
import { placeholderMetadata } from "../placement/placeholder-metadata";
import { ungated } from "./kueue-gates";

const metadata = placeholderMetadata(aRun().held().run, placeholderName("build"), SETTINGS);
const gates = (...names: string[]) => names.map(name => ({ name }));
const pod = (names: string[], finalizers: string[] = [], of = metadata): V1Pod => ({
  metadata: { ...of, finalizers },
  spec: { containers: [], schedulingGates: gates(...names) },
});

test.each([
  { names: ["kueue.x-k8s.io/admission"], finalizers: [], left: undefined, stay: undefined },
  {
    names: ["kueue.x-k8s.io/admission", "kueue.x-k8s.io/topology", "example.com/gate"],
    finalizers: ["kueue.x-k8s.io/managed", "example.com/keep"],
    left: gates("example.com/gate"),
    stay: ["example.com/keep"],
  },
])("of $names and $finalizers, Kueue's go", ({ names, finalizers, left, stay }) => {
  expect(ungated(pod(names, finalizers))).toEqual({ schedulingGates: left, finalizers: stay });
});

test("others' gates alone are left as they are", () => {
  expect(ungated(pod(["example.com/gate"], ["kueue.x-k8s.io/managed"]))).toBeUndefined();
  expect(ungated({ metadata, spec: { containers: [] } })).toBeUndefined();
});

test("no other pod is let past Kueue", () => {
  const kueues = { annotations: { "kueue.x-k8s.io/pod-suspending-parent": "statefulset" } };
  const strange = { annotations: metadata.annotations!, labels: { app: "strange" } };
  for (const one of [{ ...metadata, ...kueues }, { ...metadata, annotations: {} }, strange])
    expect(ungated(pod(["kueue.x-k8s.io/admission"], [], one))).toBeUndefined();
});
