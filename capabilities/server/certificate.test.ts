import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "../../testbed/certificates";
import { certificateFiles, daysLeft, readPair, type CertificateFiles } from "./certificate";

jest.setTimeout(30_000); // Keys take their time on a busy machine.

let directory: string;
let files: CertificateFiles;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "certificate-"));
  files = { certificate: join(directory, "tls.crt"), key: join(directory, "tls.key") };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("a certificate and its key are a pair; that of another is not taken", async () => {
  const { serving, administrator } = await makeCertificates();
  await writeFile(files.certificate, serving.certificate);
  await writeFile(files.key, serving.privateKey);
  expect((await readPair(files))?.certificate.toString()).toBe(serving.certificate);
  await writeFile(files.key, administrator.privateKey);
  expect(await readPair(files)).toBeUndefined();
});

test("half a file is an error, not a pair", async () => {
  const { serving } = await makeCertificates();
  await writeFile(files.certificate, serving.certificate.slice(0, 300));
  await writeFile(files.key, serving.privateKey);
  await expect(readPair(files)).rejects.toThrow();
});

test("days that are left", async () => {
  const { serving } = await makeCertificates();
  const certificate = Buffer.from(serving.certificate);
  const day = 24 * 3600_000;
  expect(daysLeft(certificate, new Date())).toBe(29);
  expect(daysLeft(certificate, new Date(Date.now() + 31 * day))).toBe(-2);
});

test("files are where pepr reads them", () => {
  expect(certificateFiles({})).toEqual({ certificate: "/etc/certs/tls.crt", key: "/etc/certs/tls.key" });
  expect(certificateFiles({ SSL_CERT_PATH: "/a", SSL_KEY_PATH: "/b" })).toEqual({
    certificate: "/a",
    key: "/b",
  });
});
