/**
 * Kubernetes' own release binaries, where this machine can have them: seconds in place of minutes. Each is checked by the
 * SHA-256 that is published beside it. Whatever goes wrong, the program is built.
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export const KUBERNETES_RELEASES = "https://dl.k8s.io/release";
/** Names a mirror in place of it; empty: nothing is downloaded. */
export const RELEASES_VARIABLE = "TESTBED_RELEASES";

/** Until the first answer: who has no way there waits no longer. */
const ANSWER_MILLISECONDS = 3_000;
/** 130 MB at 5 Mbit/s; less than what the build takes. */
const DOWNLOAD_MILLISECONDS = 4 * 60_000;
const EXECUTABLE = 0o755;
const SHA_256 = /^[0-9a-f]{64}\b/;

export interface Download {
  program: string;
  /** Below the releases' address. */
  path: string;
  /** Where the executable will lie; its directory is there. */
  target: string;
}

export interface DownloadLimits {
  answerMilliseconds: number;
  downloadMilliseconds: number;
}

/**
 * @param goMod text of the module's go.mod; one that does not require Kubernetes has no release there
 * @param operatingSystem GOOS
 * @param architecture GOARCH
 */
export function releasePath(
  program: string,
  goMod: string,
  operatingSystem: string,
  architecture: string,
): string | undefined {
  const [, version] = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)(?:\s|$)/m.exec(goMod) ?? [];
  return version && `${version}/bin/${operatingSystem}/${architecture}/${program}`;
}

/** The address to download from; undefined where nothing is to be downloaded. */
export const releasesAddress = (environment: NodeJS.ProcessEnv): string | undefined =>
  (environment[RELEASES_VARIABLE] ?? KUBERNETES_RELEASES) || undefined;

/** @throws Error when there is no answer in time, or it is not 200 */
async function answerOf(url: string, { answerMilliseconds, downloadMilliseconds }: DownloadLimits) {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`no answer within ${answerMilliseconds / 1000} s`)),
    answerMilliseconds,
  );
  try {
    const signal = AbortSignal.any([late.signal, AbortSignal.timeout(downloadMilliseconds)]);
    const answer = await fetch(url, { signal });
    if (answer.status !== 200 || answer.body === null) throw new Error(`the answer is ${answer.status}`);
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The target appears only when it is whole and is what its checksum says.
 *
 * @param address of the releases
 * @throws Error that says why it is not to be had
 */
export async function download(
  address: string,
  { path, target }: Download,
  limits: DownloadLimits = {
    answerMilliseconds: ANSWER_MILLISECONDS,
    downloadMilliseconds: DOWNLOAD_MILLISECONDS,
  },
): Promise<void> {
  const published = await (await answerOf(`${address}/${path}.sha256`, limits)).text();
  const [expected] = SHA_256.exec(published) ?? [];
  if (expected === undefined) throw new Error("its published checksum is no SHA-256");
  const { body } = await answerOf(`${address}/${path}`, limits);
  const temporary = `${target}.downloading-${process.pid}`;
  const hash = createHash("sha256");
  try {
    const bytes = Readable.fromWeb(body as import("node:stream/web").ReadableStream);
    bytes.on("data", (chunk: Buffer) => hash.update(chunk));
    await pipeline(bytes, createWriteStream(temporary));
    const found = hash.digest("hex");
    if (found !== expected) throw new Error(`its SHA-256 is ${found}, and ${expected} is published`);
    await chmod(temporary, EXECUTABLE);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
