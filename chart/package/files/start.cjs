// Loads the operator, which lies beside this file in compressed form, into this one process.
// It is compiled in memory: the root file system is read-only.
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");
const { gunzipSync } = require("node:zlib");

// The path as it was given, not where a link points to: packages are looked for in /app/node_modules.
const directory = dirname(process.argv[1]);
const file = join(directory, "module.js");
const main = new Module(file);
main.filename = file;
main.paths = Module._nodeModulePaths(directory);
main._compile(gunzipSync(readFileSync(join(directory, "module.js.gz"))).toString("utf8"), file);
