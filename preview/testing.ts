/** Previews of texts, for tests. */
import { SETTINGS } from "../capabilities/testing/builders";
import { chooseRun, parseManifest } from "./manifest";
import { previewOf, type Preview } from "./preview";
import { storedRun } from "./stored-run";
import { surroundingsIn } from "./surroundings";

/** What `npm run preview` makes of a file, offline. */
export function previewOfText(text: string, run?: string, namespace = "default"): Preview {
  const objects = parseManifest(text);
  const stored = storedRun(chooseRun(objects, run), namespace);
  return previewOf(stored, surroundingsIn(objects, stored.run.metadata.namespace), SETTINGS);
}

/** A file of one document; what is given takes the place of what is there. */
export function runText(parts: { metadata?: object; spec?: object } = {}): string {
  return JSON.stringify({
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name: "build", labels: { "tekton.dev/custom-pod-affinity": "true" }, ...parts.metadata },
    spec: { pipelineSpec: { tasks: [{ name: "a", taskSpec: { steps: [{ name: "s" }] } }] }, ...parts.spec },
  });
}
