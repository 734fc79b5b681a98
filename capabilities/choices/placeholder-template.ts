/** What an administrator wants of every placeholder of the cluster: one JSON object, which the chart makes of its values. */
import { z } from "zod";

const text = z.record(z.string(), z.string());
const anObject = z.record(z.string(), z.unknown());

const schema = z.strictObject({
  labels: text.default({}),
  annotations: text.default({}),
  nodeSelector: text.default({}),
  tolerations: z.array(anObject).default([]),
  /** Takes the place of the class that the run's pods ask for; empty: none. */
  priorityClassName: z.string().default(""),
  podSecurityContext: anObject.default({}),
  securityContext: anObject.default({}),
});

/** Fields as in a pod; the security contexts are merged over those that meet the restricted standard. */
export type ClusterTemplate = z.output<typeof schema>;

function parse(json: string): ClusterTemplate | undefined {
  try {
    return schema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** As a setting: text outside, an object inside. */
export const clusterTemplate = z
  .string()
  .refine(json => parse(json) !== undefined)
  .meta({ allowed: `a JSON object with any of ${Object.keys(schema.shape).join(", ")}` })
  .default("{}");

const known = new Map<string, ClusterTemplate>();

/** @param json that the setting allows */
export function clusterTemplateOf(json: string): ClusterTemplate {
  const found = known.get(json) ?? parse(json)!;
  known.set(json, found);
  return found;
}
