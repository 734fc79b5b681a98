import { afterAll, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFileLock } from "./file-lock";

const options = { timeoutMilliseconds: 10_000, onWait: () => undefined };

const directories: string[] = [];
afterAll(() => Promise.all(directories.map(directory => rm(directory, { recursive: true }))));

async function lockPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "lock-"));
  directories.push(directory);
  return join(directory, "lock");
}

test("one at a time", async () => {
  const path = await lockPath();
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise(resolve => setImmediate(resolve));
    inside--;
  };
  await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, options, work)));
  expect(most).toBe(1);
  expect(existsSync(path)).toBe(false);
});

test("is let go when the work fails", async () => {
  const path = await lockPath();
  const work = () => Promise.reject(new Error("no"));
  await expect(withFileLock(path, options, work)).rejects.toThrow("no");
  expect(await withFileLock(path, options, async () => "again")).toBe("again");
});

test("of a holder that has not renewed it is taken over", async () => {
  const path = await lockPath();
  await writeFile(path, "process 1\n");
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
  expect(await withFileLock(path, options, async () => "mine")).toBe("mine");
});

test("of a live holder is waited for, not for ever", async () => {
  const path = await lockPath();
  await writeFile(path, "process 1\n");
  const told: string[] = [];
  const waiting = { timeoutMilliseconds: 200, onWait: (holder: string) => void told.push(holder) };
  await expect(withFileLock(path, waiting, async () => undefined)).rejects.toThrow(/held by another process/);
  expect(told).toEqual(["process 1"]);
});
