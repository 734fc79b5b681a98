/**
 * The command for people, as a package of one file that needs nothing installed: dist/cli. `npm install -g ./dist/cli`
 * puts it on the PATH, as a plugin of kubectl as well.
 */
import { build } from "esbuild";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digest } from "./digest.mjs";

const CLI_DIRECTORY = join("dist", "cli");
const FILE = "cli.js";
const LICENSES = "THIRD-PARTY-LICENSES.txt";
const STAMP = join(CLI_DIRECTORY, ".built-from");
/** All that is made. */
export const CLI_FILES = [STAMP, ...[FILE, LICENSES, "package.json"].map(file => join(CLI_DIRECTORY, file))];
const SOURCES = [
  "cli",
  "pictures",
  "preview",
  "capabilities",
  "testbed/tekton-stand-in",
  "package.json",
  "package-lock.json",
  "scripts/build-cli.mjs",
];
/** What a framework brings is not for a command that people wait for. */
const NOT_IN_IT = ["pepr", "kubernetes-fluent-client"];

function packageJson() {
  const { name, version, description, license, repository, engines, bin } = JSON.parse(
    readFileSync("package.json", "utf8"),
  );
  const bins = Object.fromEntries(Object.keys(bin).map(command => [command, FILE]));
  return { name, version, description, license, repository, engines, bin: bins, files: [FILE, LICENSES] };
}

/** Directories of the packages that the files are of; of one in another, the inner one. */
const packagesOf = files =>
  [...new Set(files.flatMap(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))].sort();

/** What the packages that are in it want to be handed on with them. */
function licenses(files) {
  return packagesOf(files)
    .map(directory => {
      const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
      const texts = readdirSync(directory)
        .filter(file => /^(licen[cs]e|notice)/i.test(file))
        .map(file => readFileSync(join(directory, file), "utf8").trim());
      return [`${name} ${version} (${license})`, ...texts].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

/** Does nothing when dist/cli is what the sources yield. */
export async function buildCli() {
  const sources = digest(SOURCES);
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === sources) return;
  mkdirSync(CLI_DIRECTORY, { recursive: true });
  const outfile = join(CLI_DIRECTORY, FILE);
  const { metafile } = await build({
    entryPoints: ["cli/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    minify: true,
    legalComments: "none",
    banner: { js: "#!/usr/bin/env node" },
    metafile: true,
    logLevel: "warning",
  });
  const inside = Object.keys(metafile.inputs);
  const wrong = inside.filter(file => NOT_IN_IT.some(name => file.includes(`node_modules/${name}/`)));
  if (wrong.length > 0)
    throw new Error(`the command must not hold ${wrong[0]}: something that it imports does`);
  chmodSync(outfile, 0o755);
  writeFileSync(join(CLI_DIRECTORY, LICENSES), `${licenses(inside)}\n`);
  writeFileSync(join(CLI_DIRECTORY, "package.json"), `${JSON.stringify(packageJson(), undefined, 2)}\n`);
  writeFileSync(STAMP, sources);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCli();
