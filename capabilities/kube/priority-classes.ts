/** Priority classes: few, and rarely changed, so they are kept from one comparison with the cluster to the next. */
import type { V1PriorityClass } from "@kubernetes/client-node";
import {
  defaultPriorityIn,
  NO_PRIORITY,
  patientClass,
  priorityIn,
  type Priorities,
  type Priority,
} from "../placement/priority";
import type { KubeClients } from "./client";
import { statusOf } from "./errors";
import { eachItem } from "./pages";
import { Shared } from "./shared";

const PAGE_SIZE = 100;
/** A name that is not known is looked for at most so often. */
const AGAIN_MILLISECONDS = 5_000;

export class PriorityClasses {
  #known: ReadonlyMap<string, V1PriorityClass> | undefined;
  readonly #reads = new Shared<void>(AGAIN_MILLISECONDS);
  readonly #made = new Shared<void>(AGAIN_MILLISECONDS);

  constructor(private readonly clients: Pick<KubeClients, "scheduling">) {}

  /** Reads all afresh. */
  async read(): Promise<void> {
    const known = new Map<string, V1PriorityClass>();
    await eachItem(
      _continue => this.clients.scheduling.listPriorityClass({ limit: PAGE_SIZE, _continue }),
      found => known.set(found.metadata!.name!, found),
    );
    this.#known = known;
  }

  async priorities(names: readonly (string | undefined)[]): Promise<Priorities> {
    const isUnknown = (name: string | undefined) => name !== undefined && this.#known?.has(name) !== true;
    if (names.length === 0) return new Map();
    if (this.#known === undefined || names.some(isUnknown)) await this.#reads.get("", () => this.read());
    const known = this.#known ?? new Map<string, V1PriorityClass>();
    const priorityOf = (name: string | undefined): Priority => {
      if (name === undefined) return defaultPriorityIn([...known.values()]);
      const found = known.get(name);
      return found === undefined ? NO_PRIORITY : priorityIn(found);
    };
    return new Map(names.map(name => [name, priorityOf(name)]));
  }

  /**
   * Makes the class where it is not there. Guard: the name.
   *
   * @throws Error when there is another one of that name: neither value nor policy of a class can be changed
   */
  async ensure(wanted: V1PriorityClass): Promise<void> {
    if (this.#isThere(wanted)) return;
    await this.#made.get(wanted.metadata!.name!, () => this.#make(wanted));
    this.#isThere(wanted);
  }

  /** The class of placeholders whose runs name none, before the first of them comes. */
  async prepare(): Promise<void> {
    await this.read();
    const { value, isPatient } = defaultPriorityIn([...this.#known!.values()]);
    if (!isPatient) await this.ensure(patientClass(value));
  }

  async #make(wanted: V1PriorityClass): Promise<void> {
    await this.clients.scheduling.createPriorityClass({ body: wanted }).catch((error: unknown) => {
      if (statusOf(error) !== 409) throw error;
    });
    await this.read();
  }

  #isThere(wanted: V1PriorityClass): boolean {
    const name = wanted.metadata!.name!;
    const found = this.#known?.get(name);
    if (found === undefined) return false;
    const { value, isPatient } = priorityIn(found);
    if (value === wanted.value && isPatient) return true;
    throw new Error(
      `the PriorityClass ${name} has the value ${value} and preemptionPolicy ${found.preemptionPolicy}; a placeholder ` +
        `needs ${wanted.value} and ${wanted.preemptionPolicy}: delete that class, and it is made anew`,
    );
  }
}
