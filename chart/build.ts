/**
 * Makes dist/pipelinerun-pod-affinity, the Helm chart, out of what `pepr build` left in dist/ and the files in
 * chart/package, and the packaged chart; Helm is not needed for it. Pepr's own manifests go: they hold a private key.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json";
import { ruleFile } from "./alerts";
import { dashboard } from "./dashboard";
import { chartMetadata } from "./metadata";
import { packaged } from "./packaged";
import { moduleFrom } from "./pepr-output";
import { splitRules } from "./rules";
import { checkNoPrivateKey } from "./private-keys";
import { settingsValues } from "./settings";
import { chartPage } from "./values-page";
import { valuesSchema } from "./values-schema";
import { ENTRIES } from "./webhooks";

const { name, version, pepr } = packageJson;
const CHECKOUT = join(__dirname, "..");
const DIST = join(CHECKOUT, "dist");
export const CHART = join(DIST, name);

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The chart's directory, written anew. */
function writeChart(compressedModule: Buffer): void {
  rmSync(CHART, { recursive: true, force: true });
  cpSync(join(CHECKOUT, "chart", "package"), CHART, { recursive: true });
  const append = (file: string, text: string) => writeFileSync(join(CHART, file), text, { flag: "a" });
  const read = (...path: string[]) => readFileSync(join(CHECKOUT, ...path));
  const icon = read("chart", "package", "icon.svg");
  append("Chart.yaml", chartMetadata(packageJson, read("CHANGELOG.md").toString(), icon));
  append("values.yaml", `\n${settingsValues()}`);
  writeFileSync(
    join(CHART, "README.md"),
    chartPage(packageJson, readFileSync(join(CHART, "values.yaml"), "utf8")),
  );
  writeFileSync(join(CHART, "LICENSE"), read("LICENSE"));
  mkdirSync(join(CHART, "files"), { recursive: true });
  writeFileSync(join(CHART, "files", "module.js.gz"), compressedModule);
  writeFileSync(join(CHART, "files", "rules.json"), json(splitRules(pepr.rbac)));
  writeFileSync(join(CHART, "files", "webhooks.json"), json(ENTRIES));
  writeFileSync(join(CHART, "files", "alerts.yaml"), ruleFile());
  writeFileSync(join(CHART, "files", "dashboard.json"), json(dashboard()));
  writeFileSync(join(CHART, "values.schema.json"), json(valuesSchema()));
}

function main(): void {
  const manifest = join(DIST, `pepr-module-${pepr.uuid}.yaml`);
  writeChart(moduleFrom(readFileSync(manifest, "utf8")));
  for (const file of [manifest, join(DIST, `${pepr.uuid}-chart`), join(DIST, "zarf.yaml")]) {
    rmSync(file, { recursive: true, force: true });
  }
  writeFileSync(join(DIST, `${name}-${version}.tgz`), packaged(CHART));
  checkNoPrivateKey(DIST);
}

try {
  main();
} catch (error) {
  console.error(`The chart was not made: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
