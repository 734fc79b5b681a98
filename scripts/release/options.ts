/** The command line of `npm run release`. */
import { parseArgs } from "node:util";

export interface ReleaseOptions {
  dryRun: boolean;
  /** `oci://host/path`; the chart's name is appended to it. */
  registry: string | undefined;
  /** Where the sources are, for people; undefined where nobody says so. */
  repository: string | undefined;
}

export const USAGE = `npm run release -- --dry-run
npm run release -- --registry oci://HOST/PATH [--repository URL]

Makes all artefacts of a release in release/: builds twice, each time in a fresh copy of what git knows, and requires
that both give the same bytes. With --dry-run nothing leaves this machine; else the chart is pushed with Helm, which
has to be logged in there.

  --dry-run          makes and compares, and says what a release would still be refused for
  --registry URL     where the chart is pushed to
  --repository URL   where the sources are; the chart names it
  --help             this text

Exit code: 0 made (and pushed), 1 not, 2 the command line is wrong.`;

/** @throws Error when the option is given and is not of this scheme */
function checkUrl(option: string, url: string | undefined, scheme: string): void {
  if (url !== undefined && !(url.startsWith(`${scheme}://`) && URL.canParse(url)))
    throw new Error(`--${option} is ${JSON.stringify(url)}, and must be ${scheme}://HOST/PATH`);
}

/**
 * @param args as after the script's name
 * @returns undefined when help is wanted
 * @throws Error that says what is wrong with the arguments
 */
export function parseOptions(args: string[]): ReleaseOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      "dry-run": { type: "boolean", default: false },
      registry: { type: "string" },
      repository: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { "dry-run": dryRun, registry, repository } = values;
  checkUrl("registry", registry, "oci");
  checkUrl("repository", repository, "https");
  if (!dryRun && registry === undefined) throw new Error("either --dry-run or --registry must be given");
  return { dryRun, registry, repository };
}
