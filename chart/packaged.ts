/** A chart as one file, as `helm package` makes it, but the same files always give the same bytes. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "../testbed/real-node/tar";

const FILE_MODE = 0o644;
/** Which system compressed it stands in the tenth byte (RFC 1952): 255 is unknown. */
const SYSTEM = { offset: 9, unknown: 255 };

/** @param directory named as the chart is */
export function packaged(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter(path => statSync(join(directory, path)).isFile())
    .sort();
  const entries = files.map(path => ({
    path: `${basename(directory)}/${path}`,
    mode: FILE_MODE,
    content: readFileSync(join(directory, path)),
  }));
  const compressed = gzipSync(tar(entries), { level: 9 });
  compressed[SYSTEM.offset] = SYSTEM.unknown;
  return compressed;
}
