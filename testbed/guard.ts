/** The driver's end of the guard: a process that outlives the driver just long enough to clear up after it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Guard {
  /** To be called as soon as a child runs; it must lead its own process group. */
  add(pid: number): void;
  /** To be called when a child has ended, so that a later process with its id is left alone. */
  remove(pid: number): void;
  /** A command that takes away what is no process; run when all children have ended, the youngest command first. */
  afterwards(command: string, args: readonly string[]): void;
  /** Ends the guard, which removes the directory; resolves when both are gone. */
  release(): Promise<void>;
}

/**
 * Starts a guard. When this process ends in any way, even by SIGKILL, the guard ends all children that were
 * added and not removed, and deletes the directory.
 */
export function startGuard(directory: string): Guard {
  const child = spawn(process.execPath, [join(__dirname, "guard-process.mjs")], {
    cwd: tmpdir(),
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Neither the guard nor its pipe keeps the driver alive.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  const exited = once(child, "exit");
  const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);
  send({ directory });
  return {
    add: pid => send({ add: pid }),
    remove: pid => send({ remove: pid }),
    afterwards: (command, args) => send({ afterwards: [command, ...args] }),
    release: async () => {
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}
