/** All processes of one cluster: started with its guard and its log directory, stopped together. */
import { join } from "node:path";
import type { Guard } from "./guard";
import { describe, startProcess, type ManagedProcess, type ProcessSpecification } from "./managed-process";

export type ProcessRequest = Omit<ProcessSpecification, "logFile">;

export class ProcessSet {
  readonly #running: ManagedProcess[] = [];
  readonly #stopped = new WeakSet<ManagedProcess>();
  #reporting = false;

  /**
   * @param owner named in messages
   * @param logs directory that holds `<name>.log` of each
   */
  constructor(
    private readonly owner: string,
    private readonly logs: string,
    private readonly guard: Guard,
  ) {}

  /** Those that run now. */
  get running(): readonly ManagedProcess[] {
    return this.#running;
  }

  /** From now on, standard error says so when a process fails that was not stopped. */
  reportFailures(): void {
    this.#reporting = true;
  }

  /** Starts a process. */
  start(request: ProcessRequest): ManagedProcess {
    const logFile = join(this.logs, `${request.name}.log`);
    const started = startProcess({ ...request, logFile }, this.guard);
    const managed: ManagedProcess = {
      ...started,
      stop: (signal, graceMilliseconds) => {
        this.#stopped.add(managed);
        return started.stop(signal, graceMilliseconds);
      },
    };
    this.#running.push(managed);
    void managed.exited.then(status => {
      this.#running.splice(this.#running.indexOf(managed), 1);
      if (!this.#reporting || this.#stopped.has(managed) || status.code === 0) return;
      process.stderr.write(
        `test bed: ${managed.name} of cluster ${this.owner} ended by itself (${describe(status)}); ` +
          `its log is ${logFile}\n`,
      );
    });
    return managed;
  }

  /** Stops those that are still running, the youngest first, each gone before the next. */
  async stopAll(): Promise<void> {
    for (const managed of [...this.#running].reverse()) await managed.stop();
  }
}
