import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates";
import { kubeconfigText } from "./kubeconfig";
import { checkFree, publish, withdraw } from "./published-kubeconfig";

const NOBODY = "https://127.0.0.1:1";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kubeconfig-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

test("what a test bed that has ended left behind is overwritten", async () => {
  const text = kubeconfigText("old", NOBODY, await makeCertificates());
  await expect(checkFree(await file("old", text))).resolves.toBeUndefined();
  await expect(checkFree(join(directory, "none"))).resolves.toBeUndefined();
});

test("a person's own kubeconfig is not", async () => {
  const text = kubeconfigText("x", NOBODY, await makeCertificates()).replaceAll("testbed-x", "production");
  await expect(checkFree(await file("own", text))).rejects.toThrow(/names other clusters.*--kubeconfig/);
});

test("nor is any other file", async () => {
  await expect(checkFree(await file("notes", ": : :"))).rejects.toThrow(/is no kubeconfig/);
});

test("is readable by its owner alone, and taken away", async () => {
  const path = join(directory, "deep", "kubeconfig");
  await publish(await file("source", "text"), path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await withdraw(path);
  await expect(stat(path)).rejects.toThrow(/ENOENT/);
});
