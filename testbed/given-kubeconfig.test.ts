import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { selfContained } from "./given-kubeconfig";

let directory: string;
let file: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "given-kubeconfig-"));
  file = join(directory, "config");
  await mkdir(join(directory, "profiles"));
  for (const name of ["ca.crt", "client.crt", "client.key"])
    await writeFile(join(directory, "profiles", name), `the ${name}`);
});
afterAll(() => rm(directory, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function written(cluster: object, user: object, current = "minikube"): Promise<string> {
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": current,
    contexts: [
      { name: "minikube", context: { cluster: "minikube", user: "minikube", namespace: "work" } },
      { name: "gone", context: { cluster: "gone", user: "gone" } },
      { name: "no-user", context: { cluster: "minikube", user: "nobody" } },
    ],
    clusters: [
      { name: "other", cluster: { server: "https://other", "certificate-authority": "/not/there" } },
      { name: "minikube", cluster: { server: "https://localhost:1", ...cluster } },
    ],
    users: [{ name: "minikube", user }],
  });
  await writeFile(file, text);
  return file;
}

interface Parsed {
  contexts: object[];
  clusters: { cluster: object }[];
  users: { user: object }[];
}
async function read(cluster: object, user: object): Promise<Parsed> {
  return parse(await selfContained(await written(cluster, user))) as Parsed;
}

describe("a kubeconfig of the current context alone", () => {
  test.each([
    { name: "relative to its own directory", path: (name: string) => join("profiles", name) },
    { name: "absolute", path: (name: string) => join(directory, "profiles", name) },
  ])("has the files inside that it names by paths $name", async ({ path }) => {
    const { contexts, clusters, users } = await read(
      { "certificate-authority": path("ca.crt") },
      { "client-certificate": path("client.crt"), "client-key": path("client.key") },
    );
    expect(contexts).toMatchObject([{ context: { namespace: "work" } }]);
    expect(clusters).toEqual([
      {
        name: "minikube",
        cluster: { server: "https://localhost:1", "certificate-authority-data": base64("the ca.crt") },
      },
    ]);
    expect(users).toEqual([
      {
        name: "minikube",
        user: {
          "client-certificate-data": base64("the client.crt"),
          "client-key-data": base64("the client.key"),
        },
      },
    ]);
  });

  test("is read from a path that is relative itself", async () => {
    await written({ "certificate-authority": "profiles/ca.crt" }, { token: "t" });
    expect(await selfContained(relative(process.cwd(), file))).toContain(base64("the ca.crt"));
  });

  test("keeps contents that are there, and what else there is", async () => {
    const given = { "certificate-authority-data": "YQ==", "certificate-authority": "/not/there" };
    const { clusters, users } = await read({ ...given, "tls-server-name": "kubernetes" }, { token: "t" });
    expect(clusters[0]!.cluster).toMatchObject({
      "certificate-authority-data": "YQ==",
      "tls-server-name": "kubernetes",
    });
    expect(clusters[0]!.cluster).not.toHaveProperty(["certificate-authority"]);
    expect(users[0]!.user).toEqual({ token: "t" });
  });

  test.each([
    { command: "bin/login", expected: () => join(directory, "bin", "login") },
    { command: "aws", expected: () => "aws" },
  ])("runs $command from where it is", async ({ command, expected }) => {
    const { users } = await read({}, { exec: { command, args: ["a"] }, tokenFile: "token" });
    expect(users[0]!.user).toEqual({
      exec: { command: expected(), args: ["a"] },
      tokenFile: join(directory, "token"),
    });
  });
});

describe("it is said what is wrong:", () => {
  test.each([
    { current: "", words: "no current context" },
    { current: "gone", words: "no cluster gone" },
    { current: "no-user", words: "no user nobody" },
  ])("$words", async ({ current, words }) => {
    await expect(selfContained(await written({}, {}, current))).rejects.toThrow(words);
  });

  test("a file that is not there, by its path", async () => {
    const config = await written({ "certificate-authority": "profiles/none.crt" }, {});
    await expect(selfContained(config)).rejects.toThrow(join(directory, "profiles", "none.crt"));
  });
});
