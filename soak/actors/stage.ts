/** What every actor has at hand. */
import { ApiException } from "@kubernetes/client-node";
import { describeError } from "../../capabilities/kube/errors";
import type { Cluster } from "../../testbed/cluster";
import type { Operator } from "../../testbed/operator";
import type { Live } from "../live";

/** Others are at work on the same objects, and namespaces go: then an action comes to nothing. */
const EXPECTED = [403, 404, 409, 422, 429];
/** Tekton's admission, status 400, when the run ended just before. */
const HAS_ENDED = "Once the PipelineRun is complete";

const comesToNothing = (error: unknown): boolean =>
  error instanceof ApiException && (EXPECTED.includes(error.code) || error.message.includes(HAS_ENDED));

export class Stage {
  /** How often each kind of thing was done. */
  readonly done = new Map<string, number>();
  /** What went wrong that should not: by its words, how often. */
  readonly problems = new Map<string, number>();

  constructor(
    readonly cluster: Cluster,
    readonly operator: Operator,
    readonly live: Live,
    readonly seed: number,
  ) {}

  note(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  /** Does something and counts it when it came to pass. */
  async act<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.note(what);
      return result;
    } catch (error) {
      if (comesToNothing(error)) return undefined;
      const problem = `${what}: ${describeError(error)}`;
      this.problems.set(problem, (this.problems.get(problem) ?? 0) + 1);
      return undefined;
    }
  }
}
