/**
 * What Pepr's image holds that a module needs: Node, here this machine's own with its libraries, and the packages that
 * Pepr depends on, as they are installed here.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { TarEntry } from "./tar";

/** Without tag, as the chart names it. */
export const OPERATOR_IMAGE = "ghcr.io/defenseunicorns/pepr/controller";

const PACKAGES = join(__dirname, "..", "..", "node_modules");
/**
 * Dependencies that a module is not loaded with: the image is made without most of them (Dockerfile of Pepr 1.1.4), and
 * the others are of its command line.
 */
const LEFT_OUT =
  /^(@types\/.*|esbuild|fast-glob|ts-morph|quicktype-core|commander|heredoc|bare-.*|tsx|eslint|@typescript-eslint\/.*)$/;
/** In the image these are found by the package named alone: another version was a tool of its build. */
const ONLY_FOR: Record<string, string> = { undici: "kubernetes-fluent-client" };
const ABSENT_FILES = /\.(ts|map)$/;

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Where Node would find a package, asked from a directory of another one. */
function directoryOf(name: string, from: string): string | undefined {
  for (let at = from; at.startsWith(PACKAGES); at = dirname(at)) {
    const found = join(at, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
  }
  const found = join(PACKAGES, name);
  return existsSync(found) ? found : undefined;
}

/** Directories of a package and of all that it needs. */
function withDependencies(directory: string, found = new Set<string>()): Set<string> {
  if (found.has(directory)) return found;
  found.add(directory);
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(directory, "package.json"), "utf8"),
  ) as Manifest;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const other = LEFT_OUT.test(name) ? undefined : directoryOf(name, directory);
    if (other !== undefined) withDependencies(other, found);
  }
  return found;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules" && !ABSENT_FILES.test(name))
    .flatMap(entry => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}

function placeInImage(directory: string): string {
  const path = relative(PACKAGES, directory);
  const owner = ONLY_FOR[path];
  return join("app/node_modules", owner === undefined ? path : join(owner, "node_modules", path));
}

const packageFiles = (): TarEntry[] =>
  [...withDependencies(join(PACKAGES, "pepr"))].flatMap(directory =>
    filesBelow(directory)
      .filter(path => !path.startsWith(join(PACKAGES, "pepr", "src")))
      .map(path => ({
        path: join(placeInImage(directory), relative(directory, path)),
        mode: 0o644,
        content: readFileSync(path),
      })),
  );

/** Paths of the libraries that an executable is linked with, the dynamic linker's own among them. */
const librariesOf = (executable: string): string[] =>
  execFileSync("ldd", [executable], { encoding: "utf8" }).match(/\/\S+(?= \(0x)/g) ?? [];

/** @throws Error when this machine's Node is not linked as ldd can tell */
export function operatorFiles(): TarEntry[] {
  return [
    { path: "usr/local/bin/node", content: readFileSync(process.execPath) },
    ...librariesOf(process.execPath).map(path => ({ path: path.slice(1), content: readFileSync(path) })),
    ...packageFiles(),
  ];
}
