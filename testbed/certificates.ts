/** Keys and certificates of one cluster, made anew for each and thrown away with it. */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { md, pki } from "node-forge";

/** PEM texts. */
export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** PEM texts. */
export interface Identity {
  certificate: string;
  privateKey: string;
}

export interface ClusterCertificates {
  /** Certificate of the authority that signed all others. */
  authority: string;
  /** Serves on localhost, 127.0.0.1 and further addresses that were asked for. */
  serving: Identity;
  /** Client in the group system:masters, which RBAC does not restrict. */
  administrator: Identity;
  /** Signs the tokens of ServiceAccounts. */
  serviceAccounts: KeyPair;
}

interface Subject {
  commonName: string;
  organization?: string;
}

interface Issuer {
  subject: Subject;
  privateKey: string;
}

const VALID_MILLISECONDS = 30 * 24 * 3600_000;
const CLOCK_SKEW_MILLISECONDS = 60_000;
/** Kinds of subjectAltName, RFC 5280 4.2.1.6. */
const ALT_NAME = { dns: 2, ip: 7 };

const AUTHORITY: Subject = { commonName: "testbed-ca" };
const servingExtensions = (addresses: readonly string[]) => [
  { name: "extKeyUsage", serverAuth: true },
  {
    name: "subjectAltName",
    altNames: [
      { type: ALT_NAME.dns, value: "localhost" },
      { type: ALT_NAME.dns, value: "kubernetes.default.svc" },
      ...["127.0.0.1", ...addresses].map(ip => ({ type: ALT_NAME.ip, ip })),
    ],
  },
];

/** Makes the certificates of a cluster; takes a fraction of a second, most of it in OpenSSL's threads. */
export async function makeCertificates(addresses: readonly string[] = []): Promise<ClusterCertificates> {
  const [authority, serving, administrator, serviceAccounts] = await Promise.all([
    rsaKeyPair(),
    rsaKeyPair(),
    rsaKeyPair(),
    rsaKeyPair(),
  ]);
  const issuer = { subject: AUTHORITY, privateKey: authority.privateKey };
  return {
    authority: signed(authority, AUTHORITY, issuer, "01", [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ]),
    serving: {
      privateKey: serving.privateKey,
      certificate: signed(
        serving,
        { commonName: "kube-apiserver" },
        issuer,
        "02",
        servingExtensions(addresses),
      ),
    },
    administrator: {
      privateKey: administrator.privateKey,
      certificate: signed(
        administrator,
        { commonName: "testbed-admin", organization: "system:masters" },
        issuer,
        "03",
        [{ name: "extKeyUsage", clientAuth: true }],
      ),
    },
    serviceAccounts,
  };
}

/** node-forge signs RSA certificates only, and OpenSSL makes the keys far faster than it does. */
async function rsaKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

function signed(
  key: KeyPair,
  subject: Subject,
  issuer: Issuer,
  serialNumber: string,
  extensions: Record<string, unknown>[],
): string {
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(key.publicKey);
  certificate.serialNumber = serialNumber;
  certificate.validity.notBefore = new Date(Date.now() - CLOCK_SKEW_MILLISECONDS);
  certificate.validity.notAfter = new Date(Date.now() + VALID_MILLISECONDS);
  certificate.setSubject(attributes(subject));
  certificate.setIssuer(attributes(issuer.subject));
  certificate.setExtensions(extensions);
  certificate.sign(pki.privateKeyFromPem(issuer.privateKey), md.sha256.create());
  return pki.certificateToPem(certificate);
}

function attributes({ commonName, organization }: Subject): { name: string; value: string }[] {
  const name = { name: "commonName", value: commonName };
  return organization === undefined ? [name] : [{ name: "organizationName", value: organization }, name];
}
