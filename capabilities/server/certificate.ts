/** Takes up a serving certificate that was renewed on disk. */
import { readFile } from "node:fs/promises";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { tellCertificateEnd } from "../metrics/process";

export interface CertificateFiles {
  certificate: string;
  key: string;
}

export interface Pair {
  certificate: Buffer;
  key: Buffer;
}

/** A kubelet writes a changed Secret within about a minute; this adds little to that. */
const LOOK_MILLISECONDS = 10_000;
const WARN_DAYS = 30;
const DAY_MILLISECONDS = 24 * 3600_000;

/** Where pepr reads them. */
export const certificateFiles = (environment: NodeJS.ProcessEnv): CertificateFiles => ({
  certificate: environment["SSL_CERT_PATH"] || "/etc/certs/tls.crt",
  key: environment["SSL_KEY_PATH"] || "/etc/certs/tls.key",
});

/** In milliseconds of the epoch. */
const endOf = (certificate: Buffer): number => Date.parse(new X509Certificate(certificate).validTo);

/** Days that are left, rounded down; negative when it has ended. */
export function daysLeft(certificate: Buffer, now: Date): number {
  const ends = endOf(certificate);
  return Math.floor((ends - now.getTime()) / DAY_MILLISECONDS);
}

/** Undefined while the two files do not belong together: one is written before the other. */
export async function readPair(files: CertificateFiles): Promise<Pair | undefined> {
  const [certificate, key] = await Promise.all([readFile(files.certificate), readFile(files.key)]);
  const matches = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  return matches ? { certificate, key } : undefined;
}

export interface CertificateWatch {
  /** Called with each pair that differs from the one before. */
  onChange: (pair: Pair) => void;
  /** Called once a day at most, while the certificate is about to end or has ended. */
  onEnding: (days: number) => void;
  onFailure: (error: unknown) => void;
}

/** Looks every 10 s, for as long as the process runs. */
export function watchCertificate(files: CertificateFiles, watch: CertificateWatch): void {
  let known: Pair | undefined;
  let toldAt = 0;
  const look = async () => {
    const pair = await readPair(files);
    if (pair === undefined) return;
    if (known !== undefined && !pair.certificate.equals(known.certificate)) watch.onChange(pair);
    known = pair;
    tellCertificateEnd(endOf(pair.certificate));
    const days = daysLeft(pair.certificate, new Date());
    if (days >= WARN_DAYS || Date.now() - toldAt < DAY_MILLISECONDS) return;
    toldAt = Date.now();
    watch.onEnding(days);
  };
  const lookOrTell = () => void look().catch(watch.onFailure);
  lookOrTell();
  setInterval(lookOrTell, LOOK_MILLISECONDS).unref();
}
