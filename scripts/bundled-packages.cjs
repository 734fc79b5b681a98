/**
 * Packages of a thousand files and more, as one file each for what tests start: every test file loads them anew, as
 * jest keeps no compiled code, and so do the processes of every cluster, each in more than a second of the processor's
 * time. They are made again when an installed version changes.
 */
const { createHash } = require("node:crypto");
const {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} = require("node:fs");
const { dirname, join } = require("node:path");

const ROOT = join(__dirname, "..");
const PACKAGES = ["@kubernetes/client-node", "kubernetes-fluent-client", "pepr"];
/** Used by our own sources and by those packages, which have to have the same instance. */
const SHARED = ["prom-client", "fast-json-patch"];
/** The models that kubernetes-fluent-client asks for by their file; client-node exports them as well. */
const MODELS = "@kubernetes/client-node/dist/gen/models/all.js";

const key = createHash("sha256")
  .update(readFileSync(join(ROOT, "package-lock.json")))
  .update(readFileSync(__filename))
  .digest("hex")
  .slice(0, 16);
/** To be used in place of the node_modules/ of the checkout. */
const DIRECTORY = join(ROOT, "node_modules", ".cache", "bundled-packages", key, "node_modules");
const fileOf = name => join(DIRECTORY, name, "index.js");

/** For jest's `moduleNameMapper`. */
const moduleNameMapper = Object.fromEntries(PACKAGES.map(name => [`^${name}$`, fileOf(name)]));

/** What is not put into the file of a package: others by their whole name, as their single files are not there. */
const others = name => ({
  name: "others",
  setup({ onResolve }) {
    onResolve({ filter: /^[@a-z]/ }, ({ path, kind }) => {
      if (path === MODELS) return { path: "@kubernetes/client-node", external: true };
      const isOther = path !== name && (PACKAGES.includes(path) || SHARED.includes(path));
      return isOther && kind !== "entry-point" ? { path, external: true } : undefined;
    });
  },
});

async function bundle(name) {
  const { outputFiles } = await require("esbuild").build({
    ...{ entryPoints: [name], absWorkingDir: ROOT, plugins: [others(name)] },
    ...{ bundle: true, platform: "node", target: "node20", format: "cjs", minifyWhitespace: true },
    // kubernetes-fluent-client knows kinds by the names of their classes.
    keepNames: true,
    ...{ write: false, logLevel: "error" },
  });
  return outputFiles[0].contents;
}

/** Several processes may do so at once: what is there, is there as a whole. */
function putInPlace(path, make) {
  mkdirSync(dirname(path), { recursive: true });
  const made = `${path}.${process.pid}`;
  rmSync(made, { force: true });
  make(made);
  renameSync(made, path);
}

/** For jest's `globalSetup`. What the tests start finds the directory by the variable, see testbed/packages.ts. */
module.exports = async function bundlePackages() {
  for (const name of SHARED.filter(one => !existsSync(join(DIRECTORY, one))))
    putInPlace(join(DIRECTORY, name), made => symlinkSync(join("../../../..", name), made));
  for (const name of PACKAGES.filter(one => !existsSync(fileOf(one)))) {
    const contents = await bundle(name);
    putInPlace(fileOf(name), made => writeFileSync(made, contents));
  }
  process.env.TESTBED_PACKAGES ??= DIRECTORY;
};
module.exports.moduleNameMapper = moduleNameMapper;
