/**
 * Namespaces of processes and mounts that everything of the real node runs in: when their first process is
 * gone, the kernel has ended every container and taken away every mount.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "../cluster";
import { untilReady, type ManagedProcess } from "../managed-process";
import type { NodeFiles } from "./files";
import { saysReady } from "../ready";

/**
 * What a kubelet and the CNI plugins would set on the whole machine; they leave alone what they find set. Values as
 * of kubelet's container_manager_linux.go (setupKernelTunables) and the bridge plugin.
 */
const SYSCTLS: Record<string, string> = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
  "net/ipv4/ip_forward": "1",
};

const READY_MILLISECONDS = 10_000;
const NAME = "node-namespaces";

export interface Namespaces {
  /** Starts a process inside; otherwise as the cluster's `spawn`. */
  spawn(name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv): ManagedProcess;
  readonly holder: ManagedProcess;
}

/** Shell commands of the first process: mounts, then nothing but reaping orphans until it is ended. */
function holderScript({ shadows, sysctl }: NodeFiles): string {
  const binds = [
    ...Object.entries(shadows).map(([path, own]) => [own, path]),
    ...Object.keys(SYSCTLS).map(name => [join(sysctl, name.replaceAll("/", ".")), `/proc/sys/${name}`]),
  ];
  return [
    "set -e",
    // A kubelet wants volumes that are mounted later to reach its containers. Without -n, mount notes it in /run.
    "mount -n --make-rshared /",
    ...binds.map(([from, to]) => `mount -n --bind '${from}' '${to}'`),
    "trap 'exit 0' TERM",
    `echo '${NAME}: ready'`,
    "set +e",
    "while :; do sleep 3600 & wait; done",
  ].join("\n");
}

/** @throws Error with what the shell said when the namespaces cannot be made */
export async function startNamespaces(cluster: Cluster, files: NodeFiles): Promise<Namespaces> {
  const directories = [...Object.values(files.shadows), files.sysctl];
  await Promise.all(directories.map(path => mkdir(path, { recursive: true })));
  const sysctls = Object.entries(SYSCTLS);
  await Promise.all(
    sysctls.map(([name, value]) => writeFile(join(files.sysctl, name.replaceAll("/", ".")), `${value}\n`)),
  );
  const flags = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const holder = cluster.spawn(NAME, "unshare", [...flags, "sh", "-c", holderScript(files)]);
  await untilReady(holder, READY_MILLISECONDS, () => saysReady(NAME, holder.logFile));
  const namespaces = `/proc/${holder.pid}/ns`;
  const enter = [`--mount=${namespaces}/mnt`, `--pid=${namespaces}/pid_for_children`];
  return {
    holder,
    spawn: (name, command, args, env) => cluster.spawn(name, "nsenter", [...enter, command, ...args], env),
  };
}
