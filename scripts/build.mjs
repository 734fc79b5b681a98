/**
 * `pepr build`, made safe: it leaves old files in dist/ lying about, and exits 0 when the module fails to
 * load.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";

const { uuid } = JSON.parse(readFileSync("package.json", "utf8")).pepr;
const expected = [`dist/pepr-${uuid}.js`, `dist/pepr-module-${uuid}.yaml`, `dist/${uuid}-chart/Chart.yaml`];

rmSync("dist", { recursive: true, force: true });
const built = spawnSync("npx", ["pepr", "build"], { encoding: "utf8", timeout: 300_000 });
const missing = expected.filter(file => !existsSync(file));
if (built.status !== 0 || missing.length > 0) {
  console.error(built.stdout, built.stderr, built.error ?? "");
  console.error(`pepr build did not make ${missing.join(", ") || "a usable module"}; its output is above.`);
  process.exit(1);
}
