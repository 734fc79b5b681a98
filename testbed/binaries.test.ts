/** What a user is told when the programs can be neither found nor built. */
import { afterAll, expect, test } from "@jest/globals";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBinaries } from "./binaries";
import { PROGRAM_SOURCES, PROGRAMS } from "./programs";

const directories: string[] = [];
afterAll(() => Promise.all(directories.map(directory => rm(directory, { recursive: true }))));

async function directoryWith(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "binaries-"));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), 0o755);
  }
  return directory;
}

test("without Go, the message says what to install", async () => {
  const PATH = await directoryWith({});
  await expect(ensureBinaries({ PATH })).rejects.toThrow(
    /`go` was not found.*install Go 1\.26.*KUBEBUILDER_ASSETS/s,
  );
});

test("an old Go is refused before anything is built", async () => {
  const PATH = await directoryWith({ go: "#!/bin/sh\necho go version go1.22.1 linux/amd64\n" });
  await expect(ensureBinaries({ PATH })).rejects.toThrow(/this is go1\.22\.1/);
});

test("a failed build carries what Go said, and leaves no half-written file", async () => {
  const go = `#!/bin/sh
case $1 in
  version) echo go version go1.26.0 linux/amd64 ;;
  env) echo linux; echo amd64 ;;
  build) echo half > "$6"; echo 'dial tcp: no route to the proxy' >&2; exit 1 ;;
esac
`;
  const [PATH, XDG_CACHE_HOME] = [await directoryWith({ go }), await directoryWith({})];
  await expect(ensureBinaries({ PATH, XDG_CACHE_HOME, TESTBED_RELEASES: "" })).rejects.toThrow(
    /Building etcd failed.*GOPROXY.*no route to the proxy/s,
  );
  const left = await readdir(XDG_CACHE_HOME, { recursive: true, withFileTypes: true });
  expect(left.filter(entry => entry.isFile())).toEqual([]);
});

test("two that start at once build everything once", async () => {
  const go = `#!/bin/sh
case $1 in
  version) echo go version go1.26.0 linux/amd64 ;;
  env) echo linux; echo amd64 ;;
  build) echo "$7" >> "$XDG_CACHE_HOME/built"; echo whole > "$6"; chmod +x "$6" ;;
esac
`;
  const [PATH, XDG_CACHE_HOME] = [await directoryWith({ go }), await directoryWith({})];
  const environment = { PATH: `${PATH}:${process.env.PATH}`, XDG_CACHE_HOME, TESTBED_RELEASES: "" };
  const [first, second] = await Promise.all([ensureBinaries(environment), ensureBinaries(environment)]);
  expect(first).toEqual(second);
  const built = (await readFile(join(XDG_CACHE_HOME, "built"), "utf8")).trim().split("\n");
  expect(built).toEqual(PROGRAMS.map(program => PROGRAM_SOURCES[program].package));
});

test("Kubernetes' own programs are downloaded where they are to be had, and the others built", async () => {
  const go = `#!/bin/sh
case $1 in
  version) echo go version go1.26.0 linux/amd64 ;;
  env) echo linux; echo amd64 ;;
  build) echo "$7" >> "$XDG_CACHE_HOME/built"; echo built > "$6"; chmod +x "$6" ;;
esac
`;
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url!);
    response.end(
      url!.endsWith(".sha256") ? createHash("sha256").update("released").digest("hex") : "released",
    );
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const TESTBED_RELEASES = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [PATH, XDG_CACHE_HOME] = [await directoryWith({ go }), await directoryWith({})];
  const environment = { PATH: `${PATH}:${process.env.PATH}`, XDG_CACHE_HOME, TESTBED_RELEASES };
  const binaries = await ensureBinaries(environment);
  server.closeAllConnections();
  server.close();
  expect(await readFile(binaries["kube-scheduler"], "utf8")).toBe("released");
  expect(await readFile(binaries.etcd, "utf8")).toBe("built\n");
  const built = (await readFile(join(XDG_CACHE_HOME, "built"), "utf8")).trim().split("\n");
  expect(built).toEqual(["etcd", "kwok"].map(name => PROGRAM_SOURCES[name as "etcd" | "kwok"].package));
  expect(asked).toHaveLength(6);
  expect(asked[0]).toMatch(/^\/v1\.\d+\.\d+\/bin\/linux\/amd64\/kube-apiserver\.sha256$/);
});

test("programs named by KUBEBUILDER_ASSETS are used as they are", async () => {
  const directory = await directoryWith(Object.fromEntries(PROGRAMS.map(program => [program, ""])));
  const binaries = await ensureBinaries({ KUBEBUILDER_ASSETS: directory, PATH: "" });
  expect(binaries.etcd).toBe(join(directory, "etcd"));
});

test("a KUBEBUILDER_ASSETS that holds nothing is a mistake", async () => {
  const found = ensureBinaries({ KUBEBUILDER_ASSETS: "/nowhere" });
  await expect(found).rejects.toThrow(/KUBEBUILDER_ASSETS names \/nowhere/);
});
