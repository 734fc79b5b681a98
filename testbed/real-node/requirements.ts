/** What a real node needs of this machine, and how what is missing comes there. */
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where things were found. */
export interface NodePrograms {
  containerd: string;
  runc: string;
  /** A static one. */
  busybox: string;
  /** Directory of the CNI plugins. */
  cniPlugins: string;
}

interface Requirement {
  /** As a message names it. */
  what: string;
  /** Debian's and Ubuntu's package. */
  package: string;
  directories: readonly string[];
  /** Names of executables that one directory has to hold. */
  files: readonly string[];
  /** What the first of them has to be. */
  fits?(executable: Buffer): boolean;
}

const PROGRAM_DIRECTORIES = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const CNI_DIRECTORIES = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

const program = (name: string, packageName: string): Requirement => ({
  what: name,
  package: packageName,
  directories: PROGRAM_DIRECTORIES,
  files: [name],
});

export const REQUIREMENTS: readonly Requirement[] = [
  { ...program("containerd", "containerd"), files: ["containerd", "containerd-shim-runc-v2"] },
  program("runc", "runc"),
  {
    what: "the CNI plugins bridge, host-local and loopback",
    package: "containernetworking-plugins",
    directories: CNI_DIRECTORIES,
    files: ["bridge", "host-local", "loopback"],
  },
  { ...program("busybox", "busybox-static"), what: "a static busybox", fits: isStatic },
  { ...program("unshare and nsenter", "util-linux"), files: ["unshare", "nsenter", "mount"] },
  program("ip", "iproute2"),
];

/**
 * One message for all that is missing, or undefined when nothing is. Pure.
 *
 * @param userId of this process, where there is such a thing
 */
export function whatIsMissing(
  operatingSystem: string,
  userId: number | undefined,
  missing: readonly Requirement[],
): string | undefined {
  if (operatingSystem !== "linux") return `a real node needs Linux, and this is ${operatingSystem}`;
  const needs = [...(userId === 0 ? [] : ["root"]), ...missing.map(({ what }) => what)];
  if (needs.length === 0) return undefined;
  const packages = missing.map(requirement => requirement.package);
  const remedies = [
    ...(userId === 0 ? [] : ["start it as root"]),
    ...(packages.length > 0 ? [`apt-get install --no-install-recommends ${packages.join(" ")}`] : []),
  ];
  return `a real node needs ${needs.join(", ")}, which is missing here: ${remedies.join(", and ")}`;
}

/** Looks for everything. @returns where it is, or one message about what is missing */
export function findPrograms(): NodePrograms | string {
  const found = REQUIREMENTS.map(directoryOf);
  const missing = REQUIREMENTS.filter((_, index) => found[index] === undefined);
  const message = whatIsMissing(process.platform, process.getuid?.(), missing);
  if (message !== undefined) return message;
  const [containerd, runc, cniPlugins, busybox] = found as string[];
  return {
    containerd: join(containerd!, "containerd"),
    runc: join(runc!, "runc"),
    busybox: join(busybox!, "busybox"),
    cniPlugins: cniPlugins!,
  };
}

/** The first directory that holds all of it. */
function directoryOf({ directories, files, fits }: Requirement): string | undefined {
  return directories.find(directory => {
    const paths = files.map(file => join(directory, file));
    return paths.every(isExecutable) && (fits === undefined || fits(readFileSync(paths[0]!)));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Offsets of the header of a 64-bit, little-endian ELF file. */
const MAGIC = "\u007fELF";
const PROGRAM_HEADERS = 32;
const ENTRY_SIZE = 54;
const ENTRY_COUNT = 56;
const INTERPRETER = 3;

/** Whether an executable needs no dynamic linker, so that it runs in a container that holds nothing else. */
export function isStatic(executable: Buffer): boolean {
  if (executable.toString("latin1", 0, MAGIC.length) !== MAGIC) return false;
  const start = Number(executable.readBigUInt64LE(PROGRAM_HEADERS));
  const size = executable.readUInt16LE(ENTRY_SIZE);
  const types = Array.from({ length: executable.readUInt16LE(ENTRY_COUNT) }, (_, index) =>
    executable.readUInt32LE(start + index * size),
  );
  return !types.includes(INTERPRETER);
}
