/** `node --import tsx chart/manifest.ts`: makes the plain manifest out of the chart in dist/, with Helm. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import packageJson from "../package.json";
import { ensureTool } from "../testbed/binaries";
import { checkNoPrivateKey } from "./private-keys";

const { name } = packageJson;
const DIST = join(__dirname, "..", "dist");
const CHART = join(DIST, name);
const FILE = join(DIST, `${name}.yaml`);
const HELM_TIMEOUT_MILLISECONDS = 60_000;

/** Certificates by cert-manager: what Helm makes at install would be one private key for everybody. */
function plainManifest(helm: (...args: string[]) => string): string {
  const api = "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy";
  const values = ["certificates.source=cert-manager", "uninstall.enabled=false"].flatMap(value => [
    "--set",
    value,
  ]);
  const rendered = helm(
    ...["template", name, CHART, "--namespace", name, "--api-versions", api, "--skip-tests", ...values],
  );
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  return `# Certificates are made by cert-manager, which has to be there.\n${stringify(namespace)}${rendered}`;
}

/** Whole at every moment: tests that run at the same time read it. */
function replaceFile(manifest: string): void {
  const directory = mkdtempSync(join(DIST, ".manifest-"));
  try {
    const file = join(directory, "manifest.yaml");
    writeFileSync(file, manifest);
    checkNoPrivateKey(directory);
    renameSync(file, FILE);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * Writes dist/<name>.yaml, and checks the chart by `helm lint`; Helm is built first if it has to be.
 *
 * @returns the file's path
 * @throws Error with what Helm said, or when the chart is not built
 */
export async function writeManifest(): Promise<string> {
  if (!existsSync(CHART)) throw new Error("the chart is not built: run `npm run build` first");
  const program = await ensureTool("helm");
  const helm = (...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", timeout: HELM_TIMEOUT_MILLISECONDS });
  helm("lint", "--strict", CHART);
  const manifest = plainManifest(helm);
  if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== manifest) replaceFile(manifest);
  return FILE;
}

if (require.main === module) {
  writeManifest().catch((error: unknown) => {
    console.error(`The manifest was not made: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
