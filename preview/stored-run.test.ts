import { expect, test } from "@jest/globals";
import { chooseRun, ManifestError, parseManifest } from "./manifest";
import { storedRun } from "./stored-run";
import { runText } from "./testing";

const stored = (text: string, namespace = "default") =>
  storedRun(chooseRun(parseManifest(text), undefined), namespace);

test("a generateName is made a name, as long as the API server makes it", () => {
  const generated = stored(runText({ metadata: { name: undefined, generateName: "build-" } }));
  expect(generated).toMatchObject({ isExampleName: true, run: { metadata: { name: "build-xxxxx" } } });
  const long = stored(runText({ metadata: { name: undefined, generateName: "b".repeat(70) } }));
  expect(long.run.metadata.name).toHaveLength(63);
});

test("its own namespace counts before that of the context", () => {
  expect(stored(runText(), "ci").run.metadata.namespace).toBe("ci");
  expect(stored(runText({ metadata: { namespace: "own" } }), "ci").run.metadata.namespace).toBe("own");
});

test("v1beta1 is read as it is stored", () => {
  const older = runText({
    spec: {
      podTemplate: { nodeSelector: { a: "b" } },
      taskRunSpecs: [{ pipelineTaskName: "a", taskPodTemplate: { schedulerName: "s" } }],
    },
  }).replace("tekton.dev/v1", "tekton.dev/v1beta1");
  expect(stored(older).run).toMatchObject({
    apiVersion: "tekton.dev/v1",
    spec: {
      taskRunTemplate: { podTemplate: { nodeSelector: { a: "b" } } },
      taskRunSpecs: [{ pipelineTaskName: "a", podTemplate: { schedulerName: "s" } }],
    },
  });
});

test.each([
  [runText({ metadata: { name: undefined } }), /neither metadata.name nor metadata.generateName/],
  ['{"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": {"name": "a"}}', /spec is undefined/],
  [runText().replace("dev/v1", "dev/v1alpha1"), /of tekton.dev\/v1alpha1 cannot be read: no conversion/],
  [runText({ spec: { taskRunSpecs: "all" } }), /spec.taskRunSpecs is "all", and must be a list of objects$/],
  [
    runText({ spec: { taskRunSpecs: [{ podTemplate: { tolerations: {} } }] } }),
    /spec.taskRunSpecs\[0\].podTemplate.tolerations is {}, and must be a list$/,
  ],
  [
    runText({ spec: { taskRunTemplate: { podTemplate: 1 } } }),
    /taskRunTemplate.podTemplate is 1, and must be/,
  ],
])("%s is refused", (text, message) => {
  expect(() => stored(text)).toThrow(ManifestError);
  expect(() => stored(text)).toThrow(message);
});
