/** Child processes that write to a log file and can be ended for certain. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Guard } from "./guard";
import { until } from "./until";

export interface ExitStatus {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** What it wrote to standard output and standard error. */
  readonly logFile: string;
  /** Resolves when it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** Whether it has ended. */
  hasExited(): boolean;
  /**
   * Signals its process group, SIGTERM by default, and waits until it has ended; after a grace period of 10 s
   * by default it is killed. Does nothing when it has ended already.
   */
  stop(signal?: NodeJS.Signals, graceMilliseconds?: number): Promise<void>;
}

export interface ProcessSpecification {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  logFile: string;
}

const STOP_MILLISECONDS = 10_000;
const LOG_TAIL_LINES = 25;

/**
 * Starts a process in a group of its own, so that neither a Ctrl-C in the terminal nor a crash of the driver
 * reaches it: the driver stops it in order, and the guard does when the driver is gone.
 *
 * @throws Error when the command cannot be run
 */
export function startProcess(specification: ProcessSpecification, guard: Guard): ManagedProcess {
  const { name, command, args, env, cwd, logFile } = specification;
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) {
    child.on("error", () => undefined); // The error is thrown below; Node also emits it.
    throw new Error(`${name} could not be started: is ${command} there, and executable?`);
  }
  guard.add(pid);
  let ended = false;
  const exited = new Promise<ExitStatus>(resolve => {
    child.once("exit", (code, signal) => {
      ended = true;
      guard.remove(pid);
      resolve({ code, signal });
    });
  });
  return {
    ...{ name, pid, logFile, exited },
    hasExited: () => ended,
    stop: async (signal = "SIGTERM", graceMilliseconds = STOP_MILLISECONDS) => {
      if (ended) return;
      signalGroup(pid, signal);
      const kill = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMilliseconds);
      await exited;
      clearTimeout(kill);
    },
  };
}

/** The last lines of a log, for an error message. */
export async function logTail(logFile: string): Promise<string> {
  const text = await readFile(logFile, "utf8");
  return text.trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
}

/**
 * Waits until a process that was just started does its work.
 *
 * @throws Error with the end of its log when it ends first, or the time is up
 */
export async function untilReady(
  started: ManagedProcess,
  timeoutMilliseconds: number,
  isReady: () => Promise<boolean>,
): Promise<void> {
  try {
    await until(`${started.name} to be ready`, timeoutMilliseconds, async () => {
      if (started.hasExited()) {
        throw new Error(`${started.name} ended while starting (${describe(await started.exited)})`);
      }
      return isReady();
    });
  } catch (cause) {
    const tail = await logTail(started.logFile);
    throw new Error(`${(cause as Error).message}. The end of its log:\n${tail}`, { cause });
  }
}

/** An exit in words: `exit code 1`, `SIGKILL`. */
export function describe({ code, signal }: ExitStatus): string {
  return signal ?? `exit code ${code}`;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
