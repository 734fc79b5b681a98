/** Counts what one account asked of the API server, out of the audit log. */
import { open } from "node:fs/promises";
import { requestsIn, type Use } from "../testbed/audit";

const READS = ["get", "list"];
const WRITES = ["create", "patch", "update", "delete", "deletecollection"];

export interface Counts {
  reads: number;
  /** Without Events. */
  writes: number;
  /** Whatever was asked of Events. */
  events: number;
  /** How often each was asked, by verb and resource: `patch pods/resize`. Events are among them. */
  each: Map<string, number>;
}

/** Watches go on for ever, and the Lease is renewed whether there are runs or not: neither is counted. */
export function countRequests(requests: readonly Use[], account: string): Counts {
  const counts: Counts = { reads: 0, writes: 0, events: 0, each: new Map() };
  for (const request of requests) {
    const { verb, resource } = request;
    if (request.account !== account || verb === "watch" || resource === "leases") continue;
    const kind = `${verb} ${resource}`;
    counts.each.set(kind, (counts.each.get(kind) ?? 0) + 1);
    if (resource === "events") counts.events += 1;
    else if (READS.includes(verb)) counts.reads += 1;
    else if (WRITES.includes(verb)) counts.writes += 1;
  }
  return counts;
}

/** The audit log, read on from where it was read before. */
export class AuditLog {
  #offset = 0;

  constructor(private readonly file: string) {}

  /** @throws Error when the API server has begun a new file meanwhile, and so something is missing */
  async further(): Promise<Use[]> {
    const file = await open(this.file);
    try {
      const { size } = await file.stat();
      if (size < this.#offset) throw new Error("the audit log has grown too large to be one file");
      const bytes = Buffer.alloc(size - this.#offset);
      await file.read(bytes, 0, bytes.length, this.#offset);
      // The last line may be half written.
      const end = bytes.lastIndexOf("\n") + 1;
      this.#offset += end;
      return requestsIn(bytes.subarray(0, end).toString());
    } finally {
      await file.close();
    }
  }
}
