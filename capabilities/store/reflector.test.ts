import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { describeError } from "../kube/errors";
import { kubeConfigFor, ScriptedApiServer, type Exchange } from "../testing/scripted-api-server";
import { Reflector, type ReflectorOptions } from "./reflector";

interface Thing {
  metadata: { name: string; resourceVersion: string };
  text?: string;
}

const thing = (name: string, resourceVersion: string, text?: string): Thing => ({
  metadata: { name, resourceVersion },
  text,
});

const PATH = "/apis/tekton.dev/v1/pipelineruns";
const EXPIRED = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };

/** Writes down what it is told, and lets one wait for it. */
class Notes {
  readonly lines: string[] = [];
  #waiting: (() => void)[] = [];

  add(line: string): void {
    this.lines.push(line);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await new Promise<void>(resolve => this.#waiting.push(resolve));
  }
}

let server: ScriptedApiServer;
let url: string;
let told: Notes;
let failures: Notes;
let reflector: Reflector<Thing>;

beforeEach(async () => {
  server = new ScriptedApiServer();
  url = `http://127.0.0.1:${await server.start()}`;
  told = new Notes();
  failures = new Notes();
});
afterEach(async () => {
  await reflector.stop();
  await server.stop();
});

function reflect(options: Partial<ReflectorOptions<Thing>> = {}): void {
  reflector = new Reflector<Thing>({
    kubeConfig: kubeConfigFor(url),
    path: PATH,
    list: true,
    random: () => 0,
    timings: { firstPause: 2, longestPause: 16 },
    sink: {
      begin: () => told.add("begin"),
      event: (type, { metadata, text }) => told.add([type, metadata.name, text].filter(Boolean).join(" ")),
      synced: () => told.add("synced"),
      gap: () => told.add("gap"),
    },
    onFailure: (error, pause) => failures.add(`${describeError(error)}; ${pause} ms`),
    ...options,
  });
  reflector.start();
}

/** Answers the list with nothing in it; returns the watch that follows. */
async function watching(resourceVersion = "10"): Promise<Exchange> {
  (await server.next()).page([], resourceVersion);
  return server.next();
}

describe("the list", () => {
  test("comes in pages with the selectors, each page told before the next is asked for; then the watch", async () => {
    reflect({ labelSelector: "held=true", fieldSelector: "metadata.namespace=a" });
    const first = await server.next();
    expect(first.url.pathname).toBe(PATH);
    const selectors = { labelSelector: "held=true", fieldSelector: "metadata.namespace=a" };
    expect(first.query).toEqual({ ...selectors, limit: "50" });
    first.page([thing("a", "1"), thing("b", "2")], "10", "token");

    const second = await server.next();
    expect(told.lines).toEqual(["begin", "ADDED a", "ADDED b"]);
    expect(reflector.hasSynced).toBe(false);
    expect(second.query).toMatchObject({ ...selectors, continue: "token" });
    second.page([thing("c", "3")], "10");

    await reflector.whenSynced();
    expect(reflector.hasSynced).toBe(true);
    const watch = await server.next();
    expect(watch.query).toEqual({
      ...selectors,
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "10",
      timeoutSeconds: "300",
    });
    expect(told.lines).toEqual(["begin", "ADDED a", "ADDED b", "ADDED c", "synced"]);
    // One connection for all of it.
    expect(server.opened).toBe(1);
  });

  test("an API server that writes null for no items has none", async () => {
    reflect();
    (await server.next()).answer(200, { metadata: { resourceVersion: "10" }, items: null });
    await reflector.whenSynced();
    expect(told.lines).toEqual(["begin", "synced"]);
  });

  test("a page that fails is asked for again; what was told is not", async () => {
    reflect();
    (await server.next()).page([thing("a", "1")], "10", "token");
    (await server.next()).answer(500, { message: "etcd leader changed" });
    const again = await server.next();
    expect(again.query.continue).toBe("token");
    again.page([], "10");
    await reflector.whenSynced();
    expect(told.lines).toEqual(["begin", "ADDED a", "synced"]);
    expect(failures.lines).toEqual(["500: etcd leader changed; 0 ms"]);
  });

  test("begins anew when its continue token has expired", async () => {
    reflect();
    (await server.next()).page([thing("a", "1")], "10", "token");
    (await server.next()).answer(410, EXPIRED);
    const anew = await server.next();
    expect(anew.query).toEqual({ limit: "50" });
    anew.page([thing("b", "2")], "12");
    expect((await server.next()).query.resourceVersion).toBe("12");
    expect(told.lines).toEqual(["begin", "ADDED a", "begin", "ADDED b", "synced"]);
  });

  test("a page of huge objects is cut off while it comes, and asked for again with a quarter", async () => {
    reflect({ pageBytes: 40_000, largestBytes: 120_000 });
    const large = await server.next();
    // Its end never comes: it is not waited for.
    large.response.writeHead(200);
    large.write(`{"metadata":{},"items":["${"x".repeat(130_000)}`);
    await large.closed;
    const smaller = await server.next();
    expect(smaller.query).toEqual({ limit: "12" });
    smaller.page([thing("a", "1", "x".repeat(19_900)), thing("b", "2", "x".repeat(19_900))], "10", "token");
    // These two had about as many bytes as are wanted.
    expect((await server.next()).query).toEqual({ limit: "2", continue: "token" });
    expect(failures.lines).toEqual([]);
  });
});

describe("the watch", () => {
  test("tells of events in order; a bookmark moves the place from which it goes on", async () => {
    reflect();
    const watch = await watching();
    for (let i = 11; i < 111; i++) watch.send("MODIFIED", thing(`a${i}`, String(i)));
    watch.send("DELETED", thing("a", "111"));
    watch.send("BOOKMARK", { metadata: { resourceVersion: "150" } });
    watch.end();
    expect((await server.next()).query.resourceVersion).toBe("150");
    const modified = Array.from({ length: 100 }, (_, i) => `MODIFIED a${i + 11}`);
    expect(told.lines).toEqual(["begin", "synced", ...modified, "DELETED a"]);
    // It had come to its end, no more.
    expect(failures.lines).toEqual([]);
  });

  test("reads a line whose parts come apart within a character", async () => {
    reflect();
    const watch = await watching();
    const bytes = Buffer.from(`${JSON.stringify({ type: "ADDED", object: thing("Zoë", "11") })}\n`);
    const inside = bytes.indexOf(Buffer.from("ë")) + 1;
    watch.send("ADDED", thing("before", "11"));
    watch.write(bytes.subarray(0, inside));
    await told.until("ADDED before");
    watch.write(bytes.subarray(inside));
    await told.until("ADDED Zoë");
  });

  test("that breaks within a line goes on after the last whole event", async () => {
    reflect();
    const watch = await watching();
    watch.send("ADDED", thing("a", "11"));
    watch.write('{"type":"ADDED","object":{"metadata":{"name":"half",');
    await told.until("ADDED a");
    watch.cut();
    const again = await server.next();
    expect(again.query.resourceVersion).toBe("11");
    again.send("ADDED", thing("half", "12"));
    await told.until("ADDED half");
    expect(told.lines).toEqual(["begin", "synced", "ADDED a", "ADDED half"]);
  });

  test.each([
    { name: "an answer with 410", end: (watch: Exchange) => watch.answer(410, EXPIRED) },
    { name: "an ERROR event", end: (watch: Exchange) => watch.send("ERROR", EXPIRED) },
    { name: "a line that is not JSON", end: (watch: Exchange) => watch.write("{]\n") },
    { name: "an event without end", end: (watch: Exchange) => watch.write("x".repeat(50_001)) },
  ])("is followed by a new list after $name", async ({ end }) => {
    reflect({ largestBytes: 50_000 });
    end(await watching());
    const list = await server.next();
    expect(list.query).toEqual({ limit: "50" });
    list.page([thing("a", "20")], "21");
    expect((await server.next()).query.resourceVersion).toBe("21");
    expect(told.lines).toEqual(["begin", "synced", "begin", "ADDED a", "synced"]);
    expect(failures.lines).toHaveLength(1);
  });

  test("that is silent is taken up again", async () => {
    reflect({ timings: { silence: 40 } });
    const silent = await watching();
    silent.open();
    await silent.closed;
    const again = await server.next();
    expect(again.query).toMatchObject({ watch: "true", resourceVersion: "10" });
    expect(failures.lines[0]).toBe("nothing came for 0.04 s; 0 ms");
  });

  test("that does not get an answer is taken up again as well", async () => {
    reflect({ timings: { silence: 40 } });
    await (
      await watching()
    ).closed;
    expect((await server.next()).query.watch).toBe("true");
  });

  test("that ends as soon as it has begun, again and again, is not asked for in a hurry", async () => {
    reflect();
    (await watching()).end();
    for (const _ of [1, 2, 3]) (await server.next()).end();
    await server.next();
    expect(failures.lines.map(line => line.split("; ")[1])).toEqual(["0 ms", "1 ms", "2 ms", "4 ms"]);
  });

  test("goes on when the sink cannot bear an object", async () => {
    const seen: string[] = [];
    const event = (_type: string, { metadata }: Thing) => {
      if (metadata.name === "bad") throw new Error("cannot bear it");
      seen.push(metadata.name);
      told.add(metadata.name);
    };
    reflect({ sink: { begin: () => {}, event, synced: () => {}, gap: () => {} } });
    const watch = await watching();
    watch.send("ADDED", thing("bad", "11"));
    watch.send("ADDED", thing("good", "12"));
    await told.until("good");
    expect(seen).toEqual(["good"]);
    expect(failures.lines).toEqual(["cannot bear it; 0 ms"]);
  });
});

describe("without a list", () => {
  test("it begins with the present, and says so again when events were missed", async () => {
    reflect({ list: false, labelSelector: "held=true" });
    const present = await server.next();
    expect(present.query).toEqual({ limit: "1" });
    present.page([thing("a", "1")], "10", "token");
    const watch = await server.next();
    expect(watch.query).toMatchObject({ labelSelector: "held=true", watch: "true", resourceVersion: "10" });
    expect(told.lines).toEqual(["gap"]);
    watch.send("MODIFIED", thing("b", "11"));
    watch.send("ERROR", EXPIRED);
    (await server.next()).page([], "20");
    expect((await server.next()).query.resourceVersion).toBe("20");
    expect(told.lines).toEqual(["gap", "MODIFIED b", "gap"]);
  });
});

describe("failures", () => {
  test("are told and tried again, ever later; a success begins anew; 403 is one like others", async () => {
    reflect();
    const watch = await watching();
    watch.send("ADDED", thing("a", "11"));
    watch.cut();
    for (const _ of [1, 2, 3]) (await server.next()).answer(403, { message: "forbidden" });
    const opened = await server.next();
    opened.send("ADDED", thing("b", "12"));
    await told.until("ADDED b");
    opened.cut();
    await server.next();
    const pauses = failures.lines.map(line => line.split("; ")[1]);
    expect(pauses).toEqual(["0 ms", "1 ms", "2 ms", "4 ms", "0 ms"]);
    expect(failures.lines[1]).toContain("403: forbidden");
  });

  test.each([429, 503])("the API server is left alone for as long as it asks with %d", async status => {
    reflect();
    const asked = performance.now();
    (await server.next()).answer(status, { message: "busy" }, { "Retry-After": "0.05" });
    (await server.next()).page([], "10");
    expect(performance.now() - asked).toBeGreaterThanOrEqual(49);
    expect(failures.lines).toEqual([`${status}: busy; 50 ms`]);
  });
});

describe("stop", () => {
  const within = async (milliseconds: number, work: Promise<void>) => {
    const start = performance.now();
    await work;
    expect(performance.now() - start).toBeLessThan(milliseconds);
  };
  const allClosed = async () => {
    while (server.connections.size > 0) await new Promise(resolve => setImmediate(resolve));
  };

  test("ends a watch and leaves no connection", async () => {
    reflect();
    const watch = await watching();
    watch.send("ADDED", thing("a", "11"));
    await told.until("ADDED a");
    await reflector.stop();
    await allClosed();
    expect(failures.lines).toEqual([]);
  });

  test("ends a request that has no answer, and a pause", async () => {
    reflect();
    await server.next();
    await within(2_000, reflector.stop());
    reflect();
    (await server.next()).answer(429, { message: "busy" }, { "Retry-After": "30" });
    await failures.until("429: busy; 30000 ms");
    await within(2_000, reflector.stop());
    await allClosed();
  });

  test("within an event: the sink is told nothing more", async () => {
    let stopped: Promise<void> | undefined;
    const event = (_type: string, { metadata }: Thing) => {
      told.add(metadata.name);
      stopped = reflector.stop();
    };
    reflect({ sink: { begin: () => {}, event, synced: () => {}, gap: () => {} } });
    const watch = await watching();
    watch.write(
      ["a", "b"].map(name => `${JSON.stringify({ type: "ADDED", object: thing(name, "11") })}\n`).join(""),
    );
    await told.until("a");
    await stopped;
    expect(told.lines).toEqual(["a"]);
  });
});
