/** Container images out of files of this machine, in the format of the Open Container Initiative. Pure. */
import { createHash } from "node:crypto";
import { tar, type TarEntry } from "./tar";

export interface ImageSource {
  files: readonly TarEntry[];
  /** As a Deployment's image has it: `user` or `uid:gid`. Default: root. */
  user?: string;
  command: readonly string[];
  /** What the command is given to. Default: nothing. */
  entrypoint?: readonly string[];
  /** Default: the root. */
  directory?: string;
}

export interface Blob {
  mediaType: string;
  content: Buffer;
}

export interface Image {
  manifestDigest: string;
  /** The manifest, the configuration and the layer, by digest. */
  blobs: ReadonlyMap<string, Blob>;
}

const TYPE = "application/vnd.oci.image";
/** As Node names architectures, and as images do. */
const ARCHITECTURES: Record<string, string> = { x64: "amd64", arm64: "arm64" };

export const digestOf = (content: Buffer): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** @param architecture as `process.arch` names it */
export function makeImage(
  { files, user, command, entrypoint, directory }: ImageSource,
  architecture: string,
): Image {
  const blobs = new Map<string, Blob>();
  const add = (mediaType: string, content: Buffer) => {
    const digest = digestOf(content);
    blobs.set(digest, { mediaType, content });
    return { mediaType, digest, size: content.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const layer = add(`${TYPE}.layer.v1.tar`, tar(files));
  const config = add(
    `${TYPE}.config.v1+json`,
    json({
      architecture: ARCHITECTURES[architecture] ?? architecture,
      os: "linux",
      config: {
        User: user,
        Entrypoint: entrypoint,
        WorkingDir: directory,
        Cmd: command,
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const manifestType = `${TYPE}.manifest.v1+json`;
  const manifest = add(
    manifestType,
    json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }),
  );
  return { manifestDigest: manifest.digest, blobs };
}
