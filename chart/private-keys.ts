/** Looks for private keys in what is shipped: in files, and in what is compressed or encoded in them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** The line that begins one, and enough of the next to be one; in JSON, line ends are escaped. */
const PEM = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?:\s|\\r|\\n)*[A-Za-z0-9+/]{40}/;
/** Long enough to hold a key. */
const BASE64 = /[A-Za-z0-9+/]{200,}={0,2}/g;
const GZIP = [0x1f, 0x8b];
/** A key in a Secret's base64, in a manifest of a chart, in its package. */
const DEEPEST = 4;

function holdsKey(content: Buffer, depth: number): boolean {
  if (content[0] === GZIP[0] && content[1] === GZIP[1]) return holdsKey(gunzipSync(content), depth);
  const text = content.toString("latin1");
  if (PEM.test(text)) return true;
  if (depth === DEEPEST) return false;
  return (text.match(BASE64) ?? []).some(encoded => holdsKey(Buffer.from(encoded, "base64"), depth + 1));
}

/** Paths of files below the directory that hold a private key in PEM. */
export function filesWithPrivateKey(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map(path => join(directory, path))
    .filter(path => statSync(path).isFile() && holdsKey(readFileSync(path), 0));
}

/** @throws Error that names the files which hold a private key */
export function checkNoPrivateKey(directory: string): void {
  const files = filesWithPrivateKey(directory);
  if (files.length > 0) throw new Error(`there is a private key in ${files.join(", ")}`);
}
