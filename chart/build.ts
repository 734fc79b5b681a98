/**
 * Makes dist/pipelinerun-pod-affinity, the Helm chart, out of what `pepr build` left in dist/ and the files in
 * chart/package; the packaged chart; and the plain manifest. Pepr's own manifests go: they hold a private key.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import packageJson from "../package.json";
import { ensureTool } from "../testbed/binaries";
import { ruleFile } from "./alerts";
import { dashboard } from "./dashboard";
import { moduleFrom } from "./pepr-output";
import { splitRules } from "./rules";
import { checkNoPrivateKey } from "./private-keys";
import { settingsValues } from "./settings";
import { valuesSchema } from "./values-schema";
import { ENTRIES } from "./webhooks";

const { name, version, pepr } = packageJson;
const CHECKOUT = join(__dirname, "..");
const DIST = join(CHECKOUT, "dist");
export const CHART = join(DIST, name);
const HELM_TIMEOUT_MILLISECONDS = 60_000;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The chart's directory, written anew. */
function writeChart(compressedModule: Buffer): void {
  rmSync(CHART, { recursive: true, force: true });
  cpSync(join(CHECKOUT, "chart", "package"), CHART, { recursive: true });
  const append = (file: string, text: string) => writeFileSync(join(CHART, file), text, { flag: "a" });
  append(
    "Chart.yaml",
    stringify({ version, appVersion: version, annotations: { "pepr.dev/version": pepr.peprVersion } }),
  );
  append("values.yaml", `\n${settingsValues()}`);
  mkdirSync(join(CHART, "files"), { recursive: true });
  writeFileSync(join(CHART, "files", "module.js.gz"), compressedModule);
  writeFileSync(join(CHART, "files", "rules.json"), json(splitRules(pepr.rbac)));
  writeFileSync(join(CHART, "files", "webhooks.json"), json(ENTRIES));
  writeFileSync(join(CHART, "files", "alerts.yaml"), ruleFile());
  writeFileSync(join(CHART, "files", "dashboard.json"), json(dashboard()));
  writeFileSync(join(CHART, "values.schema.json"), json(valuesSchema()));
}

/** Certificates by cert-manager: what Helm makes at install would be one private key for everybody. */
function plainManifest(helm: (...args: string[]) => string): string {
  const api = "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy";
  const values = ["certificates.source=cert-manager", "uninstall.enabled=false"].flatMap(value => [
    "--set",
    value,
  ]);
  const rendered = helm("template", name, CHART, "--namespace", name, "--api-versions", api, ...values);
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  return `# Certificates are made by cert-manager, which has to be there.\n${stringify(namespace)}${rendered}`;
}

async function main(): Promise<void> {
  const manifest = join(DIST, `pepr-module-${pepr.uuid}.yaml`);
  writeChart(moduleFrom(readFileSync(manifest, "utf8")));
  for (const file of [manifest, join(DIST, `${pepr.uuid}-chart`), join(DIST, "zarf.yaml")]) {
    rmSync(file, { recursive: true, force: true });
  }
  const program = await ensureTool("helm");
  const helm = (...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", timeout: HELM_TIMEOUT_MILLISECONDS });
  helm("lint", "--strict", CHART);
  helm("package", CHART, "--destination", DIST);
  writeFileSync(join(DIST, `${name}.yaml`), plainManifest(helm));
  checkNoPrivateKey(DIST);
}

main().catch((error: unknown) => {
  console.error(`The chart was not made: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
