/** The bill of materials as `npm sbom` makes it, without what is different each time. */
import { createHash } from "node:crypto";

export interface Sbom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string }; [field: string]: unknown };
  [field: string]: unknown;
}

/** As in a UUID of version 8 (RFC 9562), whose bits are its maker's to choose. */
function uuidOf(digest: string): string {
  const [a, b, c, d, e] = [
    [0, 8],
    [8, 12],
    [13, 16],
    [17, 20],
    [20, 32],
  ].map(([from, to]) => digest.slice(from, to));
  return `${a}-${b}-8${c}-8${d}-${e}`;
}

/**
 * @param text CycloneDX as JSON
 * @param name of the package; npm writes that of the directory
 * @param time of the commit
 */
export function reproducibleSbom(text: string, name: string, time: Date): Sbom {
  const sbom = JSON.parse(text) as Sbom;
  sbom.metadata.timestamp = time.toISOString();
  sbom.metadata.component.name = name;
  delete sbom.serialNumber;
  const digest = createHash("sha256").update(JSON.stringify(sbom)).digest("hex");
  return { ...sbom, serialNumber: `urn:uuid:${uuidOf(digest)}` };
}
