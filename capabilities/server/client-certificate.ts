/**
 * Who may send reviews. Pods of builds run strangers' code and can reach the port. The API server shows a certificate
 * to webhooks where its --admission-control-config-file names one for them
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#authenticate-apiservers);
 * nobody else can, so what comes without it is refused before it is read. Probes come without one.
 */
import { X509Certificate } from "node:crypto";
import type { RequestListener } from "node:http";
import type { ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";

const VARIABLE = "WEBHOOK_CLIENT_AUTHORITY";
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * @returns certificates of those who sign the API server's, PEM; undefined where anybody may send reviews
 * @throws Error when that is no certificate
 */
export function clientAuthority(environment: NodeJS.ProcessEnv): string | undefined {
  const text = environment[VARIABLE]?.trim();
  if (text === undefined || text === "") return undefined;
  const certificates = text.match(PEM) ?? [];
  try {
    if (certificates.join("").replaceAll(/\s/g, "") !== text.replaceAll(/\s/g, ""))
      throw new Error("there is something else in it");
    certificates.forEach(certificate => new X509Certificate(certificate));
  } catch (cause) {
    throw new Error(
      `${VARIABLE} has the value "${text.slice(0, 60)}"; allowed: one or more certificates in PEM (${(cause as Error).message})`,
      { cause },
    );
  }
  return text;
}

/** How a server asks for certificates; who shows none is still connected. */
export function askingForCertificates(authority: string | undefined): ServerOptions {
  return authority === undefined ? {} : { ca: authority, requestCert: true, rejectUnauthorized: false };
}

/** Hands on what comes with a certificate of that authority, and what is no review; answers the rest with 401. */
export function requiringCertificates(
  authority: string | undefined,
  listener: RequestListener,
): RequestListener {
  if (authority === undefined) return listener;
  return (request, response) => {
    if (request.method !== "POST" || (request.socket as TLSSocket).authorized)
      return listener(request, response);
    const message = "reviews are taken from the API server alone, which shows its client certificate\n";
    response.writeHead(401, { "Content-Type": "text/plain", Connection: "close" }).end(message);
  };
}
