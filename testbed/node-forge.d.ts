/** The few functions of node-forge that the test bed's certificates need; the package ships no types. */
declare module "node-forge" {
  interface Certificate {
    publicKey: unknown;
    serialNumber: string;
    validity: { notBefore: Date; notAfter: Date };
    setSubject(attributes: readonly Attribute[]): void;
    setIssuer(attributes: readonly Attribute[]): void;
    setExtensions(extensions: readonly Record<string, unknown>[]): void;
    sign(key: unknown, digest: unknown): void;
  }
  interface Attribute {
    name: string;
    value: string;
  }
  export const md: { sha256: { create(): unknown } };
  export const pki: {
    createCertificate(): Certificate;
    certificateToPem(certificate: Certificate): string;
    privateKeyFromPem(pem: string): unknown;
    publicKeyFromPem(pem: string): unknown;
  };
}
