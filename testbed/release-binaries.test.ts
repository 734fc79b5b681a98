import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, KUBERNETES_RELEASES, releasePath, releasesAddress } from "./release-binaries";

const CONTENT = Buffer.from("a program".repeat(100_000));
const SUM = createHash("sha256").update(CONTENT).digest("hex");
const LIMITS = { answerMilliseconds: 300, downloadMilliseconds: 600 };

let server: Server;
let address: string;
let directory: string;
/** What the server says of the program, and of its checksum. */
let program: (response: ServerResponse) => void;
let checksum: (response: ServerResponse) => void;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "releases-"));
  server = createServer(({ url }, response) => (url!.endsWith(".sha256") ? checksum : program)(response));
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  program = response => response.end(CONTENT);
  checksum = response => response.end(`${SUM}\n`);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

const target = () => join(directory, "kube-apiserver");
const get = () =>
  download(address, { program: "kube-apiserver", path: "v1/kube-apiserver", target: target() }, LIMITS);

test("what its checksum says is kept, and may be run", async () => {
  await get();
  expect((await readFile(target())).equals(CONTENT)).toBe(true);
  expect((await stat(target())).mode & 0o777).toBe(0o755);
  await rm(target());
});

describe("what is not to be had leaves nothing behind", () => {
  test.each<[string, () => void, string]>([
    ["another program", () => (program = response => response.end("another")), `and ${SUM} is published`],
    ["no checksum", () => (checksum = response => response.writeHead(404).end()), "the answer is 404"],
    ["a page in place of a checksum", () => (checksum = response => response.end("<html>")), "no SHA-256"],
    ["no program", () => (program = response => response.writeHead(404).end()), "the answer is 404"],
    ["silence", () => (checksum = () => {}), "no answer within 0.3 s"],
    ["a program that never ends", () => (program = response => void response.write("half")), "timeout"],
    [
      "half a program",
      () =>
        (program = response =>
          response.writeHead(200, { "content-length": "9" }).write("half", () => response.destroy())),
      "terminated",
    ],
  ])("%s", async (_, arrange, words) => {
    arrange();
    await expect(get()).rejects.toThrow(words);
    expect(await readdir(directory)).toEqual([]);
  });

  test("nobody there", async () => {
    const nobody = { program: "p", path: "p", target: target() };
    await expect(download("http://127.0.0.1:1", nobody, LIMITS)).rejects.toThrow();
  });
});

test.each([
  ["\tk8s.io/kubernetes v1.37.0\n", "v1.37.0/bin/linux/amd64/kubelet"],
  ["\tk8s.io/kubernetes v1.37.0 // indirect\n", "v1.37.0/bin/linux/amd64/kubelet"],
  ["\tk8s.io/kubernetes v1.37.0-rc.1\n", undefined],
  ["\tgo.etcd.io/etcd/server/v3 v3.6.0\n", undefined],
])("%j: %s", (goMod, path) => {
  expect(releasePath("kubelet", goMod, "linux", "amd64")).toBe(path);
});

test("an empty variable keeps all from being downloaded", () => {
  expect(releasesAddress({})).toBe(KUBERNETES_RELEASES);
  expect(releasesAddress({ TESTBED_RELEASES: "https://mirror.example.com" })).toBe(
    "https://mirror.example.com",
  );
  expect(releasesAddress({ TESTBED_RELEASES: "" })).toBeUndefined();
});
