/** The setting NODE_ENDING_KEYS: keys of taints and annotations by which a node announces that it will end. */

/**
 * Where they are set: cluster-autoscaler's utils/taints (DeletionCandidateOfClusterAutoscaler is none: such a node may be
 * kept); Karpenter's pkg/apis/v1 and v1beta1; aws-node-termination-handler's pkg/node; GKE's graceful node shutdown;
 * the cloud node lifecycle controller of Kubernetes (cloud-provider/api/well_known_taints.go).
 */
export const DEFAULT_ENDING_KEYS = [
  "ToBeDeletedByClusterAutoscaler",
  "karpenter.sh/disrupted",
  "karpenter.sh/disruption",
  "aws-node-termination-handler/*",
  "cloud.google.com/impending-node-termination",
  "node.cloudprovider.kubernetes.io/shutdown",
].join(",");

export const ENDING_KEYS_WORDS =
  "none, or keys of taints or annotations, by commas; a star at the end of one stands for whatever follows";

const NONE = "none";
const MOST_KEYS = 100;
const KEY = /^[A-Za-z0-9][-A-Za-z0-9_./]{0,315}\*?$/;

const listed = (text: string): string[] => (text === NONE ? [] : text.split(",").map(key => key.trim()));

export const areEndingKeys = (text: string): boolean =>
  listed(text).length <= MOST_KEYS && listed(text).every(key => KEY.test(key));

/** Whether a key is one of them. */
export type EndingKeys = (key: string) => boolean;

const known = new Map<string, EndingKeys>();

/** @param text a value that the setting allows */
export function endingKeys(text: string): EndingKeys {
  const before = known.get(text);
  if (before !== undefined) return before;
  const keys = listed(text);
  const whole = new Set(keys.filter(key => !key.endsWith("*")));
  const beginnings = keys.filter(key => key.endsWith("*")).map(key => key.slice(0, -1));
  const isOne = (key: string): boolean => whole.has(key) || beginnings.some(start => key.startsWith(start));
  known.set(text, isOne);
  return isOne;
}
