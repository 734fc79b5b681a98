/**
 * The kubeconfig of a cluster that is there already, made to be read from any directory: as
 * `kubectl config view --minify --flatten` makes it.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse, stringify } from "yaml";

type Fields = Record<string, unknown>;
interface KubeConfigFile {
  "current-context"?: string;
  contexts?: { name: string; context: { cluster: string; user: string } & Fields }[];
  clusters?: { name: string; cluster: Fields }[];
  users?: { name: string; user: Fields }[];
}

/** Fields that name a file, each with the one that holds its contents. */
const CONTENTS: Record<string, string> = {
  "certificate-authority": "certificate-authority-data",
  "client-certificate": "client-certificate-data",
  "client-key": "client-key-data",
};

/**
 * The current context alone, with certificates and keys in it, and other paths absolute. Paths are relative to the
 * directory of the file.
 *
 * @returns YAML text
 * @throws Error that says what is missing in the file, or which file that it names cannot be read
 */
export async function selfContained(file: string): Promise<string> {
  const config = parse(await readFile(file, "utf8")) as KubeConfigFile | null;
  const current = config?.["current-context"];
  const context = config?.contexts?.find(({ name }) => name === current);
  if (context === undefined) throw new Error(`${file} has no current context`);
  const cluster = config?.clusters?.find(({ name }) => name === context.context.cluster);
  if (cluster === undefined) throw new Error(`${file} has no cluster ${context.context.cluster}`);
  const user = config?.users?.find(({ name }) => name === context.context.user);
  if (user === undefined) throw new Error(`${file} has no user ${context.context.user}`);
  const directory = dirname(resolve(file));
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": current,
    contexts: [context],
    clusters: [{ name: cluster.name, cluster: await inlined(cluster.cluster, directory) }],
    users: [{ name: user.name, user: absolute(await inlined(user.user, directory), directory) }],
  });
}

async function inlined(fields: Fields, directory: string): Promise<Fields> {
  const result: Fields = {};
  for (const [field, value] of Object.entries(fields)) {
    const contents = CONTENTS[field];
    if (contents === undefined) result[field] = value;
    // Where both are given, clients take the contents.
    else if (value && !fields[contents])
      result[contents] = (await readFile(resolve(directory, String(value)))).toString("base64");
  }
  return result;
}

/** A token's file may be written anew; a program without a slash is looked for in PATH. */
function absolute(user: Fields, directory: string): Fields {
  const result = { ...user };
  if (typeof user["tokenFile"] === "string") result["tokenFile"] = resolve(directory, user["tokenFile"]);
  const exec = user["exec"] as { command: string } | undefined;
  if (exec?.command.includes("/")) result["exec"] = { ...exec, command: resolve(directory, exec.command) };
  return result;
}
