/** What a pod finds in its file system: ConfigMaps, Secrets, and the packages of its image. */
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { V1Pod, V1Volume } from "@kubernetes/client-node";
import type { KubeClients } from "../../capabilities/kube/client";

type Files = Record<string, Buffer>;

const fromBase64 = (data: Record<string, string> | undefined): Files =>
  Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));

async function filesOf(clients: KubeClients, namespace: string, volume: V1Volume): Promise<Files> {
  if (volume.secret) {
    const name = volume.secret.secretName!;
    return fromBase64((await clients.core.readNamespacedSecret({ namespace, name })).data);
  }
  if (volume.configMap) {
    const name = volume.configMap.name!;
    const { data, binaryData } = await clients.core.readNamespacedConfigMap({ namespace, name });
    const texts = Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const);
    return { ...fromBase64(binaryData), ...Object.fromEntries(texts) };
  }
  throw new Error(`the volume ${volume.name} is of a kind that the local node does not know`);
}

async function writeIfChanged(path: string, content: Buffer): Promise<void> {
  const there = await readFile(path).catch(() => undefined);
  if (there?.equals(content)) return;
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/**
 * Writes what has changed of a pod's volumes, below `root` in place of `/`. As with a kubelet, the files of
 * one Secret do not change at the same instant here.
 */
export async function writeVolumes(
  clients: KubeClients,
  pod: V1Pod,
  root: string,
  isMeant: (volume: V1Volume) => boolean = () => true,
): Promise<void> {
  const [container] = pod.spec!.containers;
  for (const { name, mountPath } of container!.volumeMounts ?? []) {
    const volume = pod.spec!.volumes?.find(candidate => candidate.name === name);
    if (volume === undefined || volume.projected || !isMeant(volume)) continue;
    const directory = join(root, mountPath);
    await mkdir(directory, { recursive: true });
    const files = await filesOf(clients, pod.metadata!.namespace!, volume);
    for (const [file, content] of Object.entries(files)) await writeIfChanged(join(directory, file), content);
  }
}

/** The part of Pepr's image that a module needs. */
export async function linkPackages(root: string, packages: string): Promise<void> {
  await mkdir(join(root, "app"), { recursive: true });
  await symlink(packages, join(root, "app", "node_modules"));
}

/** A path in the pod as a path of this machine. */
export const localPath = (root: string, value: string): string =>
  /^\/(?:app|etc)\//.test(value) ? join(root, value) : value;
