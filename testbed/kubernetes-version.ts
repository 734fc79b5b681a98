/** Which Kubernetes the embedded cluster is: one of those whose versions are kept below testbed/binaries. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The Go modules that say which versions are built. */
export const MODULES = join(__dirname, "binaries");
const DEFAULT_MODULE = "kubernetes";
const OTHERS = `${DEFAULT_MODULE}-`;
/** Minor version of Kubernetes, such as 1.37. */
export const VERSION_VARIABLE = "TESTBED_KUBERNETES";
const KUBELET = "kubelet";

export const otherVersions = (): string[] =>
  readdirSync(MODULES)
    .filter(name => name.startsWith(OTHERS))
    .map(name => name.slice(OTHERS.length))
    .sort();

/**
 * The module that a program is built in.
 *
 * @param module its module, where no version is asked for
 * @throws Error when a version is asked for that is not kept
 */
export function moduleOf(program: string, module: string, environment: NodeJS.ProcessEnv): string {
  const version = environment[VERSION_VARIABLE];
  // A kubelet may be older than its control plane; the real node is of one version.
  if (module !== DEFAULT_MODULE || program === KUBELET || !version) return module;
  const others = otherVersions();
  if (others.includes(version)) return `${OTHERS}${version}`;
  throw new Error(
    `${VERSION_VARIABLE} has the value "${version}"; allowed: ${others.join(", ")}, or nothing for the one of every day`,
  );
}
