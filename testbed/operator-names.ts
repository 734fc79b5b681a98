/** Under which names tests install the operator. */
import packageJson from "../package.json";

export const RELEASE = packageJson.name;
export const OPERATOR_NAMESPACE = "pod-affinity-system";
