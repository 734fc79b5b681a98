/** The events of one watch, with faults among them. */
import { GONE, pick, WATCH_FAULTS, type FaultRates, type WatchFault } from "./faults";

/** What to do with the connection after what was written. */
export type Fate = "go on" | "cut" | "end" | "silent";

export interface Passed {
  text: string;
  fate: Fate;
}

/** Takes the text of a watch as it comes, and says what to pass on. */
export class EventStream {
  #incomplete = "";
  /** An event that waits for the next one to go first. */
  #held = "";

  /**
   * @param draw from 0 to below 1, a new one at every call
   * @param rates as they are at the moment
   * @param count told of each fault
   */
  constructor(
    private readonly draw: () => number,
    private readonly rates: () => FaultRates,
    private readonly count: (fault: WatchFault) => void,
  ) {}

  pass(chunk: string): Passed {
    const lines = (this.#incomplete + chunk).split("\n");
    this.#incomplete = lines.pop()!;
    let text = "";
    for (const line of lines) {
      const passed = this.#event(`${line}\n`);
      text += passed.text;
      if (passed.fate !== "go on") return { text, fate: passed.fate };
    }
    return { text, fate: "go on" };
  }

  /** An event that waits for one that may never come; to be passed on after a while. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #event(event: string): Passed {
    const fault = pick(WATCH_FAULTS, this.rates(), this.draw());
    if (fault !== undefined) this.count(fault);
    const earlier = fault === "reordered events" ? "" : this.flush();
    switch (fault) {
      case undefined:
        return { text: event + earlier, fate: "go on" };
      case "duplicated event":
        return { text: event + event + earlier, fate: "go on" };
      case "reordered events":
        return { text: this.#swap(event), fate: "go on" };
      case "truncated stream":
        return { text: event.slice(0, Math.floor(event.length / 2)), fate: "cut" };
      case "410 Gone":
        return { text: GONE, fate: "end" };
      case "half-open watch":
        return { text: "", fate: "silent" };
    }
  }

  #swap(event: string): string {
    const earlier = this.#held;
    this.#held = event;
    return earlier;
  }
}
