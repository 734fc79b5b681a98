/** The command line of `npm run e2e`. */
import { otherVersions } from "../testbed/kubernetes-version";

export interface EndToEndOptions {
  /** Minor version of Kubernetes; undefined for the one of every day. */
  kubernetes: string | undefined;
  /** For jest. */
  rest: string[];
}

const OPTION = "--kubernetes";

/** @throws Error that says which versions there are */
export function parseOptions(args: readonly string[]): EndToEndOptions {
  const at = args.indexOf(OPTION);
  if (at < 0) return { kubernetes: undefined, rest: [...args] };
  const [kubernetes, versions] = [args[at + 1], otherVersions()];
  if (kubernetes === undefined || !versions.includes(kubernetes)) {
    const given = kubernetes === undefined ? "no value" : `the value "${kubernetes}"`;
    throw new Error(`${OPTION} has ${given}; allowed: ${versions.join(", ")}`);
  }
  return { kubernetes, rest: args.filter((_, index) => index !== at && index !== at + 1) };
}
