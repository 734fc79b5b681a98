/** What the operator's accounts asked of the API server, out of its audit log. */
import { readFile } from "node:fs/promises";

/** Written into a file for the API server: only requests of the operator's accounts, writes with what they made. */
export function auditPolicy(namespace: string): object {
  const userGroups = [`system:serviceaccounts:${namespace}`];
  return {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    omitManagedFields: true,
    rules: [
      { level: "RequestResponse", userGroups, verbs: ["create", "update", "patch", "delete"] },
      { level: "Metadata", userGroups },
      { level: "None" },
    ],
  };
}

export interface Use {
  /** Name of the ServiceAccount. */
  account: string;
  verb: string;
  apiGroup: string;
  /** With its subresource, as in RBAC: `pods/resize`. */
  resource: string;
  /** Why it was denied, if it was. */
  denied?: string;
}

interface AuditEvent {
  stage: string;
  verb: string;
  user: { username: string };
  stageTimestamp?: string;
  objectRef?: {
    apiGroup?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  responseStatus?: { code?: number; message?: string };
  requestObject?: unknown;
  responseObject?: {
    metadata?: { uid?: string; resourceVersion?: string };
    /** Of a Status, which a deletion may be answered with. */
    details?: { uid?: string };
  };
  annotations?: Record<string, string>;
}

/** A write of the operator's, with what the API server said to it. */
export interface Write {
  /** Name of the ServiceAccount. */
  account: string;
  verb: string;
  /** With its subresource. */
  resource: string;
  namespace: string;
  name: string;
  /** HTTP status; 0 when there was none. */
  code: number;
  /** Why it was refused, in the API server's words. */
  message: string;
  /** Of the object that was written, where the answer says. */
  uid?: string;
  /** The resourceVersion that the write made. */
  revision?: number;
  request: unknown;
  /** Milliseconds since the epoch. */
  at: number;
}

const WRITES = ["create", "update", "patch", "delete", "deletecollection"];

/** @returns undefined for a read, and for what is for no resource */
export function writeIn(line: string): Write | undefined {
  const event = JSON.parse(line) as AuditEvent;
  const { verb, user, objectRef, responseStatus, responseObject, requestObject, stageTimestamp } = event;
  if (!WRITES.includes(verb) || objectRef?.resource === undefined) return undefined;
  const { resource, subresource, namespace = "", name = "" } = objectRef;
  const revision = Number(responseObject?.metadata?.resourceVersion);
  return {
    account: user.username.split(":").at(-1)!,
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    ...{ namespace, name },
    code: responseStatus?.code ?? 0,
    message: responseStatus?.message ?? "",
    uid: responseObject?.metadata?.uid ?? responseObject?.details?.uid,
    ...(revision > 0 && { revision }),
    request: requestObject,
    at: Date.parse(stageTimestamp ?? ""),
  };
}

/** Each request that was answered, in order; those for no resource (`/version`, say) are left out. */
export function requestsIn(log: string): Use[] {
  const requests: Use[] = [];
  for (const line of log.split("\n")) {
    if (line === "") continue;
    const event = JSON.parse(line) as AuditEvent;
    const use = useIn(event);
    // A watch is told of twice: when its answer begins, and when it ends.
    if (use !== undefined && event.stage !== "ResponseStarted") requests.push(use);
  }
  return requests;
}

function useIn({ verb, user, objectRef, responseStatus, annotations }: AuditEvent): Use | undefined {
  if (objectRef?.resource === undefined) return undefined;
  const { apiGroup = "", resource, subresource } = objectRef;
  const use: Use = {
    account: user.username.split(":").at(-1)!,
    verb,
    apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
  };
  // By its permissions or the chart's own policy; a quota, say, answers with 403 as well.
  const isDenied =
    annotations?.["authorization.k8s.io/decision"] === "forbid" ||
    /only its placeholders|A placeholder is one container/.test(responseStatus?.message ?? "");
  if (isDenied)
    use.denied = responseStatus?.message ?? annotations?.["authorization.k8s.io/reason"] ?? "forbidden";
  return use;
}

/** Each kind of request once; those for no resource are left out. */
export function usesIn(log: string): Use[] {
  const uses = new Map<string, Use>();
  for (const line of log.split("\n")) {
    const use = line === "" ? undefined : useIn(JSON.parse(line) as AuditEvent);
    if (use !== undefined) uses.set(JSON.stringify(use), use);
  }
  return [...uses.values()];
}

export async function readUses(auditLog: string): Promise<Use[]> {
  return usesIn(await readFile(auditLog, "utf8"));
}
