import { describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { stringify } from "yaml";
import { moduleFrom } from "./pepr-output";
import { ENTRIES } from "./webhooks";

const code = Buffer.from("module");
const hash = createHash("sha256").update(code).digest("hex");
const compressed = gzipSync(code);

/** The part of Pepr's manifest that is looked at. */
const output = () => ({
  secret: {
    kind: "Secret",
    metadata: { name: "pepr-x-module" },
    data: { [`module-${hash}.js.gz`]: compressed.toString("base64") },
  },
  watcher: {
    kind: "Deployment",
    metadata: { name: "pepr-x-watcher" },
    spec: {
      template: { spec: { containers: [{ args: ["/app/node_modules/pepr/dist/controller.js", hash] }] } },
    },
  },
  mutating: {
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "pepr-x" },
    webhooks: [{ rules: ENTRIES.mutate.flatMap(({ rules }) => rules) }],
  },
  validating: {
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "pepr-x" },
    webhooks: [{ rules: ENTRIES.validate.flatMap(({ rules }) => rules) }],
  },
});

const manifest = (objects: object) =>
  Object.values(objects)
    .map(object => stringify(object))
    .join("---\n");

test("the module is taken over as it was built", () => {
  expect(moduleFrom(manifest(output()))).toEqual(compressed);
});

const withData = (data: Record<string, string>) => ({ secret: { ...output().secret, data } });
const withRules = (rules: object[]) => ({ mutating: { ...output().mutating, webhooks: [{ rules }] } });
const withArguments = (...args: string[]) => ({
  watcher: { ...output().watcher, spec: { template: { spec: { containers: [{ args }] } } } },
});

const rules = ENTRIES.mutate.flatMap(entry => entry.rules);
const isOfPods = ({ resources }: { resources?: string[] }) => resources?.includes("pods") === true;
const deletions = { operations: ["DELETE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };

describe("loud when Pepr's output is not as expected", () => {
  test.each<[string, object, string]>([
    ["no module", { secret: { kind: "Secret" } }, "0 objects of kind Secret"],
    ["two modules", { second: output().secret }, "2 objects of kind Secret"],
    ["an empty Secret", withData({}), "holds nothing"],
    ["another file", withData({ "module.js": "" }), "holds module.js"],
    ["a wrong hash", withData({ [`module-${"0".repeat(64)}.js.gz`]: compressed.toString("base64") }), "hash"],
    ["another way to start", withArguments("x.js"), 'by "x.js"'],
    ["a rule that no entry has", withRules([...rules, deletions]), "DELETE /v1 pods"],
    ["an entry that no rule has", withRules(rules.filter(rule => !isOfPods(rule))), "CREATE /v1 pods"],
  ])("%s", (_name, change, message) => {
    expect(() => moduleFrom(manifest({ ...output(), ...change }))).toThrow(message);
  });
});
