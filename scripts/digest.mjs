/** What files hold, in one line: for work that need not be done again while they are what they were. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const filesBelow = path =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true }).map(name => join(path, name))
    : [path];

/** SHA-256 over the names and contents of all files at or below the paths, but for those named. */
export function digest(paths, ...without) {
  const hash = createHash("sha256");
  const files = paths.filter(path => existsSync(path)).flatMap(filesBelow);
  for (const file of files.sort().filter(name => !without.includes(name) && statSync(name).isFile())) {
    hash.update(`${file}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.digest("hex");
}
