/**
 * How many bytes of bodies are in flight at once. A body of 7 MB takes ten times that while it is worked on, and whoever
 * reaches the port can send as many as he likes, a build's pod too. So bodies wait for their turn before they are read:
 * each address has a share, and addresses take turns, so that one that sends much keeps none of the others waiting.
 */

export interface BudgetLimits {
  /** Bytes of all bodies that are read or worked on. */
  bytes: number;
  /** Of one address. */
  bytesOfAddress: number;
  /** Bodies of one address that wait for their turn. */
  waitingOfAddress: number;
  /** Milliseconds that one waits at most. */
  waitMilliseconds: number;
}

/** What one has to call when its body is done with. */
export type Release = () => void;
/** Why there is no turn: too many wait already, or it has waited for too long. */
export type NoTurn = "too many wait" | "waited too long";

interface Waiting {
  bytes: number;
  grant: () => void;
}

export class BodyBudget {
  #used = 0;
  readonly #usedBy = new Map<string, number>();
  /** By address, the one whose turn it is next first. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(private readonly limits: BudgetLimits) {}

  /** @param bytes at most what one address may have */
  take(address: string, bytes: number): Promise<Release | NoTurn> {
    const queue = this.#waiting.get(address) ?? [];
    if (queue.length === 0 && this.#fits(address, bytes))
      return Promise.resolve(this.#granted(address, bytes));
    if (queue.length >= this.limits.waitingOfAddress) return Promise.resolve("too many wait");
    return new Promise(resolve => {
      const waiting: Waiting = {
        bytes,
        grant: () => {
          clearTimeout(timer);
          resolve(this.#granted(address, bytes));
        },
      };
      const timer = setTimeout(() => {
        this.#leave(address, waiting);
        resolve("waited too long");
        this.#next();
      }, this.limits.waitMilliseconds);
      this.#waiting.set(address, [...queue, waiting]);
    });
  }

  #fits(address: string, bytes: number): boolean {
    const ofAddress = this.#usedBy.get(address) ?? 0;
    return this.#used + bytes <= this.limits.bytes && ofAddress + bytes <= this.limits.bytesOfAddress;
  }

  #granted(address: string, bytes: number): Release {
    this.#add(address, bytes);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#add(address, -bytes);
      this.#next();
    };
  }

  #add(address: string, bytes: number): void {
    this.#used += bytes;
    const ofAddress = (this.#usedBy.get(address) ?? 0) + bytes;
    if (ofAddress === 0) this.#usedBy.delete(address);
    else this.#usedBy.set(address, ofAddress);
  }

  #leave(address: string, waiting: Waiting): void {
    const left = (this.#waiting.get(address) ?? []).filter(one => one !== waiting);
    if (left.length === 0) this.#waiting.delete(address);
    else this.#waiting.set(address, left);
  }

  /** One of each address in turn, until nothing more fits. */
  #next(): void {
    for (let granted = true; granted; ) {
      granted = false;
      for (const [address, [first]] of [...this.#waiting]) {
        if (first === undefined || !this.#fits(address, first.bytes)) continue;
        this.#leave(address, first);
        // Behind all others from now on.
        const rest = this.#waiting.get(address);
        if (rest !== undefined && this.#waiting.delete(address)) this.#waiting.set(address, rest);
        first.grant();
        granted = true;
      }
    }
  }
}
