import { describe, expect, test } from "@jest/globals";
import { parseSettings } from "../choices/settings";
import { aRun, placeholderOf, SETTINGS } from "../testing/builders";
import { placeholderMetadata } from "./placeholder-metadata";
import { placeholderFor } from "./placeholder";
import { placeholderName } from "./names";

const name = placeholderName("build");
const labelled = (key: string, value = "yes") => aRun().held().label(key, value).annotation(key, value).run;
const copying = (patterns: string) => parseSettings({ POD_AFFINITY_PLACEHOLDER_COPIED_KEYS: patterns });

describe("a run's labels and annotations", () => {
  test.each([
    { keys: "team", key: "team", has: true },
    { keys: "team", key: "teams", has: false },
    { keys: "example.com/*,team", key: "example.com/pool", has: true },
    { keys: "", key: "team", has: false },
    { keys: "*.com/*", key: "example.com/pool", has: false },
    // What is told by them is not the placeholder's, whatever the setting says.
    { keys: "app*", key: "app.kubernetes.io/part-of", has: false },
    { keys: "tekton*", key: "tekton.dev/pipeline", has: false },
    { keys: "pod*", key: "pod-affinity.tekton.dev/isolation", has: false },
    { keys: "kueue*", key: "kueue.x-k8s.io/queue-name", has: false },
  ])("by the keys $keys: $key $has", ({ keys, key, has }) => {
    if (keys.startsWith("*")) return expect(() => copying(keys)).toThrow("PLACEHOLDER_COPIED_KEYS");
    const { labels, annotations } = placeholderMetadata(labelled(key), name, copying(keys));
    expect([labels![key], annotations![key]]).toEqual(has ? ["yes", "yes"] : [undefined, undefined]);
  });

  test("never change what the placeholder is", () => {
    const { labels } = placeholderMetadata(
      labelled("sidecar.istio.io/inject", "true"),
      name,
      copying("sidecar.istio.io/*"),
    );
    expect(labels).toMatchObject({ "sidecar.istio.io/inject": "false", "app.kubernetes.io/instance": name });
  });
});

test("it is labelled as Tekton labels the run's pods, so that what sends those to some nodes means it", () => {
  const of = (managedBy?: string | null) =>
    placeholderMetadata(aRun().run, name, SETTINGS, managedBy).labels!["app.kubernetes.io/managed-by"];
  expect([of(), of("our-tekton"), of(null)]).toEqual(["tekton-pipelines", "our-tekton", undefined]);
});

test("no queue takes it for its own, whatever the cluster's template says", () => {
  const key = "kueue.x-k8s.io/pod-suspending-parent";
  const template = JSON.stringify({ annotations: { [key]: "statefulset" } });
  const settings = parseSettings({ POD_AFFINITY_PLACEHOLDER_TEMPLATE: template });
  const { annotations } = placeholderMetadata(aRun().held().run, name, settings);
  expect(annotations![key]).toBe("pipelinerun-pod-affinity");
});

describe("the cluster's template for placeholders", () => {
  const template = {
    labels: { "cost-center": "ci", "app.kubernetes.io/component": "none" },
    annotations: { "example.com/pool": "builds" },
    nodeSelector: { pool: "builds", disk: "hdd" },
    tolerations: [{ key: "builds", operator: "Exists" }],
    podSecurityContext: { runAsUser: 1000 },
    securityContext: { readOnlyRootFilesystem: false },
  };
  const settings = parseSettings({ POD_AFFINITY_PLACEHOLDER_TEMPLATE: JSON.stringify(template) });
  const reservation = { ask: {}, floor: {}, firstWave: {}, tasks: [] };
  const { metadata, spec } = placeholderFor(
    aRun().held().run,
    { nodeSelector: { disk: "ssd" }, tolerations: [{ key: "ssd" }] },
    settings,
    reservation,
    { limits: false, volumes: [] },
  ).spec!.template;

  test("adds to what it has, and takes nothing away", () => {
    expect(metadata!.labels).toMatchObject({
      "cost-center": "ci",
      "app.kubernetes.io/component": "placeholder",
    });
    expect(metadata!.annotations).toMatchObject(template.annotations);
    expect(spec!.nodeSelector).toEqual({ pool: "builds", disk: "ssd" });
    expect(spec!.tolerations).toEqual([{ key: "ssd" }, ...template.tolerations]);
    expect(spec!.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(spec!.containers[0]!.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
    });
  });

  test.each(["[]", "{", '{"nodeSelectors":{}}', '{"labels":{"a":1}}'])("%s is refused", text => {
    expect(() => parseSettings({ POD_AFFINITY_PLACEHOLDER_TEMPLATE: text })).toThrow("nodeSelector");
  });
});

test("it runs as the run's ServiceAccount, without its token", () => {
  const run = aRun()
    .held()
    .spec({ taskRunTemplate: { serviceAccountName: "builder" } }).run;
  expect(placeholderOf(run).spec!.template.spec).toMatchObject({
    serviceAccountName: "builder",
    automountServiceAccountToken: false,
  });
  expect(placeholderOf(aRun().held().run).spec!.template.spec).not.toHaveProperty("serviceAccountName");
});
