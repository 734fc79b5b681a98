/** The operator's writes, out of the audit log, as they are written there. */
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { writeIn, type Write } from "../testbed/audit";

const LOOK_MILLISECONDS = 300;

export class AuditFeed {
  #stopped = false;
  #offset = 0;
  #incomplete = "";
  #reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly wrote: (write: Write) => void,
  ) {}

  start(): void {
    this.#reading = this.#follow();
  }

  /** Reads what there is to the end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
    await this.#read();
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      await this.#read();
      await delay(LOOK_MILLISECONDS);
    }
  }

  async #read(): Promise<void> {
    const file = await open(this.file).catch(() => undefined);
    if (file === undefined) return;
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#offset);
      this.#offset += bytesRead;
      // A character that is cut in two would be at the end of an incomplete line, which is kept as bytes.
      const lines = (this.#incomplete + bytes.subarray(0, bytesRead).toString("latin1")).split("\n");
      this.#incomplete = lines.pop()!;
      for (const line of lines) {
        const write = line === "" ? undefined : writeIn(Buffer.from(line, "latin1").toString("utf8"));
        if (write !== undefined) this.wrote(write);
      }
    } finally {
      await file.close();
    }
  }
}
