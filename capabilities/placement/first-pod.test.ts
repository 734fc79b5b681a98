import { expect, test } from "@jest/globals";
import { aRun } from "../testing/builders";
import { placeholderOf } from "../testing/builders";
import { isPlaceholderPod } from "../tekton/placeholder-pod";
import { firstPodOf } from "./first-pod";

const statefulSet = placeholderOf(aRun().held().run, {
  ask: { cpu: 1000 },
  floor: {},
  firstWave: {},
  tasks: [],
});
statefulSet.metadata!.uid = "uid-of-set";

test("the pod is the StatefulSet's by name, labels and owner, and is what the template says", () => {
  const { metadata, spec } = firstPodOf(statefulSet);
  const { template } = statefulSet.spec!;
  expect(metadata!.name).toBe(`${statefulSet.metadata!.name}-0`);
  expect(metadata!.namespace).toBe(statefulSet.metadata!.namespace);
  expect(metadata!.labels).toEqual({
    ...template.metadata!.labels,
    "statefulset.kubernetes.io/pod-name": metadata!.name,
    "apps.kubernetes.io/pod-index": "0",
  });
  expect(isPlaceholderPod({ metadata: metadata! })).toBe(true);
  expect(metadata!.annotations).toEqual(template.metadata!.annotations);
  expect(metadata!.ownerReferences).toMatchObject([
    { kind: "StatefulSet", uid: "uid-of-set", controller: true, blockOwnerDeletion: false },
  ]);
  expect(spec).toEqual({
    ...template.spec,
    hostname: metadata!.name,
    subdomain: statefulSet.spec!.serviceName,
  });
});
