/**
 * What no operator can be quicker than that keeps a place by a pod: a script that knows beforehand what to write. It makes
 * a StatefulSet of one pod, waits until that is bound, and starts the run. It reads nothing, decides nothing, asks no
 * webhook, and the run's pods look for no other pod. It is a process of its own, so that what it uses can be told.
 */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { PENDING } from "../capabilities/keys";
import type { OperatedCluster } from "../e2e/operated-cluster";
import type { ScriptedKind } from "./kinds";

/** What the process is to do. */
export interface Order {
  id: number;
  what: "place" | "clear";
  namespace: string;
  name: string;
  /** Whether the placeholder keeps room that is given free in turn. */
  resized: boolean;
}

/** That it was done; the first one, of no order, that all watches are under way. */
export interface Answer {
  id: number;
  problem?: string;
}

/** What Node takes in the chart's containers. */
const HEAP = ["--max-old-space-size=256", "--max-semi-space-size=4"];

const pending = (run: { spec: object }): object => ({ ...run, spec: { ...run.spec, status: PENDING } });

export class Script {
  #last = 0;
  readonly #open = new Map<number, (answer: Answer) => void>();

  private constructor(
    private readonly operated: OperatedCluster,
    private readonly child: ChildProcess,
  ) {
    child.on("message", (answer: Answer) => this.#open.get(answer.id)?.(answer));
    child.on("exit", () => {
      for (const [id, tell] of this.#open) tell({ id, problem: "the script's process has ended" });
    });
  }

  /** @param namespaces of the runs that it will place; they have to be there */
  static async start(operated: OperatedCluster, namespaces: readonly string[]): Promise<Script> {
    const file = join(__dirname, "script-process.ts");
    const child = fork(file, [operated.cluster.kubeconfigFile, ...namespaces], {
      execArgv: ["--import", "tsx", ...HEAP],
    });
    const script = new Script(operated, child);
    await script.#answer(0);
    return script;
  }

  get pid(): number {
    return this.child.pid!;
  }

  stop(): void {
    this.child.disconnect();
  }

  /** The namespace is named after the kind. */
  async place(kind: ScriptedKind, run: { metadata: { name: string }; spec: object }): Promise<void> {
    await this.operated.createRun(kind, pending(run));
    await this.#order("place", kind, run.metadata.name);
  }

  clear(kind: ScriptedKind, name: string): Promise<void> {
    return this.#order("clear", kind, name);
  }

  #order(what: Order["what"], kind: ScriptedKind, name: string): Promise<void> {
    const id = ++this.#last;
    const resized = kind === "script-with-requests";
    this.child.send({ id, what, namespace: kind, name, resized } satisfies Order);
    return this.#answer(id);
  }

  /** @throws Error with what went wrong */
  async #answer(id: number): Promise<void> {
    const { problem } = await new Promise<Answer>(resolve => this.#open.set(id, resolve));
    this.#open.delete(id);
    if (problem !== undefined) throw new Error(problem);
  }
}
