/** What is taken over from `pepr build`, and everything that it must be for that. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type {
  KubernetesObject,
  V1Deployment,
  V1MutatingWebhookConfiguration,
  V1Secret,
} from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { calls, ENTRIES } from "./webhooks";

/** etcd takes 1.5 MiB for one object, and Helm's own record of a release holds the module twice. */
const MOST_MODULE_BYTES = 300_000;

/** Pepr adds it to every rule for pods. Ephemeral containers are never created, only added by an update. */
const PEPR_EXTRAS = ["CREATE /v1 pods/ephemeralcontainers"];

function find<T extends KubernetesObject>(objects: KubernetesObject[], kind: string, nameEnd = ""): T {
  const found = objects.filter(object => object.kind === kind && object.metadata?.name?.endsWith(nameEnd));
  if (found.length !== 1) {
    throw new Error(
      `pepr build made ${found.length} objects of kind ${kind} named …${nameEnd}; one is expected`,
    );
  }
  return found[0] as T;
}

/** The chart's webhooks must ask about what the module's bindings answer, no more and no less. */
function checkWebhooks(objects: KubernetesObject[]): void {
  const kinds = {
    mutate: "MutatingWebhookConfiguration",
    validate: "ValidatingWebhookConfiguration",
  } as const;
  for (const [verb, kind] of Object.entries(kinds)) {
    const { webhooks = [] } = find<V1MutatingWebhookConfiguration>(objects, kind);
    const declared = calls(webhooks.flatMap(({ rules = [] }) => rules));
    PEPR_EXTRAS.forEach(call => declared.delete(call));
    const shipped = calls(ENTRIES[verb as keyof typeof kinds].flatMap(({ rules }) => rules));
    const difference = [...declared, ...shipped].filter(call => !(declared.has(call) && shipped.has(call)));
    if (difference.length > 0) {
      throw new Error(
        `chart/webhooks.ts and the bindings of capabilities/index.ts differ (${verb}): ${difference.join("; ")}`,
      );
    }
  }
}

/**
 * The compressed module out of `dist/pepr-module-<uuid>.yaml`.
 *
 * @param manifest text of that file
 * @throws Error when anything is not as this chart expects it
 */
export function moduleFrom(manifest: string): Buffer {
  const objects = parseAllDocuments(manifest).map(document => document.toJS() as KubernetesObject);
  const { data = {} } = find<V1Secret>(objects, "Secret", "-module");
  const [entry, ...others] = Object.entries(data);
  const [, hash] = /^module-([0-9a-f]{64})\.js\.gz$/.exec(entry?.[0] ?? "") ?? [];
  if (entry === undefined || hash === undefined || others.length > 0) {
    throw new Error(`the module's Secret holds ${Object.keys(data).join(", ") || "nothing"}`);
  }
  const compressed = Buffer.from(entry[1], "base64");
  const actual = createHash("sha256").update(gunzipSync(compressed)).digest("hex");
  if (actual !== hash) throw new Error(`the module's hash is ${actual}, and its name says ${hash}`);
  if (compressed.length > MOST_MODULE_BYTES) {
    throw new Error(`the module has ${compressed.length} bytes, and the chart takes ${MOST_MODULE_BYTES}`);
  }
  const watcher = find<V1Deployment>(objects, "Deployment", "-watcher");
  const args = watcher.spec?.template.spec?.containers[0]?.args?.join(" ");
  if (args !== `/app/node_modules/pepr/dist/controller.js ${hash}`) {
    throw new Error(
      `Pepr starts a module by "${args}": see whether chart/package/files/start.cjs still does`,
    );
  }
  checkWebhooks(objects);
  return compressed;
}
