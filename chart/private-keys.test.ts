import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { checkNoPrivateKey, filesWithPrivateKey } from "./private-keys";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (type: "pkcs8" | "sec1") => privateKey.export({ type, format: "pem" }).toString();
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "private-keys-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const holds = (content: string | Buffer): boolean => {
  writeFileSync(join(directory, "file"), content);
  return filesWithPrivateKey(directory).length > 0;
};

describe("a private key is found", () => {
  test.each<[string, string | Buffer]>([
    ["as it is", pem("pkcs8")],
    ["of another form", pem("sec1")],
    ["in a Secret", `data: { tls.key: ${base64(pem("pkcs8"))} }`],
    ["in a package", gzipSync(pem("pkcs8"))],
    ["in a Secret in a package", gzipSync(`tls.key: ${base64(pem("pkcs8"))}`)],
    [
      "compressed in a Secret",
      `file: ${base64(gzipSync(pem("pkcs8") + "x".repeat(300) + base64(pem("sec1"))))}`,
    ],
  ])("%s", (_name, content) => expect(holds(content)).toBe(true));
});

test("a public key and a mention are none", () => {
  const text = publicKey.export({ type: "spki", format: "pem" }).toString();
  expect(holds(`${text} -----BEGIN PRIVATE KEY----- is how one begins`)).toBe(false);
});

const dist = join(__dirname, "..", "dist");

(existsSync(dist) ? test : test.skip)("nothing in dist/ holds one", () => checkNoPrivateKey(dist));
