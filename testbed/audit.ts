/** What the operator's accounts asked of the API server, out of its audit log. */
import { readFile } from "node:fs/promises";

/** Written into a file for the API server: only requests of the operator's accounts are logged. */
export const auditPolicy = (namespace: string): object => ({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", userGroups: [`system:serviceaccounts:${namespace}`] }, { level: "None" }],
});

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
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string };
  responseStatus?: { code?: number; message?: string };
  annotations?: Record<string, string>;
}

/** Each kind of request once; those for no resource (`/version`, say) are left out. */
export function usesIn(log: string): Use[] {
  const uses = new Map<string, Use>();
  for (const line of log.split("\n")) {
    if (line === "") continue;
    const { verb, user, objectRef, responseStatus, annotations } = JSON.parse(line) as AuditEvent;
    if (objectRef?.resource === undefined) continue;
    const { apiGroup = "", resource, subresource } = objectRef;
    const use: Use = {
      account: user.username.split(":").at(-1)!,
      verb,
      apiGroup,
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    };
    const forbidden =
      annotations?.["authorization.k8s.io/decision"] === "forbid" || responseStatus?.code === 403;
    if (forbidden)
      use.denied = responseStatus?.message ?? annotations?.["authorization.k8s.io/reason"] ?? "forbidden";
    uses.set(JSON.stringify(use), use);
  }
  return [...uses.values()];
}

export async function readUses(auditLog: string): Promise<Use[]> {
  return usesIn(await readFile(auditLog, "utf8"));
}
