import { beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Log } from "pepr";
import { ATTEMPTS_ANNOTATION, KEY_PREFIX, LET_GO_ANNOTATION } from "../keys";
import { aRun } from "../testing/builders";
import { ControllerProcess } from "../testing/api/controller-process";
import { untilQuiet } from "../testing/api/lives";
import { MemoryApi, type KubeObject } from "../testing/api/memory-api";
import type { PipelineRun } from "../tekton/objects";
import {
  attemptsOf,
  begunBy,
  isSetAside,
  LARGE_CHARACTERS,
  onceAt,
  survivedBy,
  survivedByAll,
} from "./attempts";

beforeAll(() => void (Log.level = "silent"));

const runWith = (text: string): PipelineRun => aRun().held().annotation(ATTEMPTS_ANNOTATION, text).run;

describe("attempts", () => {
  test.each([
    { name: "of a run that is not large", text: undefined },
    { name: "of an empty text", text: "" },
    { name: "of a text that is not ours", text: '{"a":1}' },
    { name: "of a number", text: 7 as unknown as string },
    { name: "of a long text", text: "a,".repeat(5000) },
    { name: "of ours with something else in it", text: "a,b,<c>" },
  ])("$name are none", ({ text }) => {
    const run = text === undefined ? aRun().held().run : runWith(text);
    expect(attemptsOf(run)).toEqual([]);
    expect(isSetAside(run, "me")).toBe(false);
    expect(begunBy(run, "me")).toBe("me");
  });

  test.each([
    { text: "a", expected: false },
    { text: "a,b", expected: true },
    { text: "a,a", expected: false },
    { text: "a,me", expected: false },
    { text: "a,b:survived", expected: false },
    { text: "a,b:survived,c,me", expected: true },
  ])("by $text: whether the run is set aside is $expected", ({ text, expected }) => {
    expect(isSetAside(runWith(text), "me")).toBe(expected);
  });

  test("are written once for each process, and once more where it lived and made no placeholder", () => {
    expect(begunBy(runWith("a"), "me")).toBe("a,me");
    expect(begunBy(runWith("a,me"), "me")).toBeUndefined();
    expect(survivedBy(runWith("a,me"), "me")).toBe("me:survived,a");
    expect(survivedBy(runWith("a,me:survived"), "me")).toBeUndefined();
    expect(survivedByAll(runWith("a,me"))).toBe("a:survived,me:survived");
    expect(survivedByAll(runWith("a:survived"))).toBeUndefined();
  });

  test("of many processes that survived are bounded, and none that did not is forgotten", () => {
    let text = "lost";
    for (let count = 0; count < 30; count++) {
      text = begunBy(runWith(text), `p${count}`)!;
      text = survivedBy(runWith(text), `p${count}`)!;
    }
    expect(attemptsOf(runWith(text))).toHaveLength(6);
    expect(attemptsOf(runWith(text))).toContainEqual({ process: "lost", survived: false });
  });

  test("are noted once, when what was read comes to the bound", async () => {
    const noted: number[] = [];
    const read = onceAt(10, async characters => void noted.push(characters));
    for (const characters of [4, 5, 3, 20]) await read(characters);
    expect(noted).toEqual([12]);
  });
});

describe("a large run that costs the process its life", () => {
  const large = { name: "p", value: "x".repeat(LARGE_CHARACTERS) };
  const pipelineSpec = { tasks: [{ name: "a", taskRef: { name: "poison" } }] };
  const of = (characters: number) => ({
    pipelineSpec,
    params: [{ ...large, value: "x".repeat(characters) }],
  });
  const spec = of(LARGE_CHARACTERS) as never;

  /** So many processes, one after another, that die when they read its Task; then one that would not. */
  async function livesOf(run: PipelineRun, deaths: number) {
    const api = new MemoryApi();
    api.create("pipelineruns", run);
    const writes: (readonly string[])[] = [];
    for (let count = 1; count <= deaths; count++) {
      const process = new ControllerProcess(api, { me: `process-${count}`, diesReading: "tasks" });
      await untilQuiet(api, process);
      expect(process.isDead).toBe(true);
      writes.push(process.writes);
    }
    const last = new ControllerProcess(api, { me: "last" });
    await untilQuiet(api, last);
    const told = api.all<KubeObject & { reason?: string }>("events").map(({ reason }) => reason);
    return { api, writes: [...writes, last.writes], told };
  }

  test("is named in the log before the work begins", async () => {
    const log = jest.spyOn(Log, "info");
    const api = new MemoryApi();
    api.create("pipelineruns", aRun().held().spec(spec).run);
    const process = new ControllerProcess(api, { diesReading: "tasks" });
    await untilQuiet(api, process);
    expect(process.isDead).toBe(true);
    const about = { run: "ci/build", characters: expect.any(Number) };
    expect(log.mock.calls).toEqual([[about, "A large run: what it needs is worked out now"]]);
    log.mockRestore();
  });

  test("once is tried again, and placed", async () => {
    const { writes, told } = await livesOf(aRun().held().spec(spec).run, 1);
    expect(writes[0]).toEqual(["patch pipelineruns"]);
    expect(writes[1]).toContain("create statefulsets");
    expect(told).toEqual(["Placed"]);
  });

  test("twice is set aside, and people are told; nothing of it is read any more", async () => {
    const { api, writes, told } = await livesOf(aRun().held().spec(spec).run, 2);
    expect(writes).toEqual([["patch pipelineruns"], ["patch pipelineruns"], ["create events"]]);
    expect(told).toEqual(["SetAside"]);
    expect(api.all("statefulsets")).toEqual([]);
    const third = new ControllerProcess(api, { me: "third", diesReading: "tasks" });
    await untilQuiet(api, third);
    expect(third.isDead).toBe(false);
  });

  test("twice ends at its placement-timeout", async () => {
    const { run } = aRun()
      .held()
      .spec(spec)
      .annotation(`${KEY_PREFIX}placement-timeout`, "1m")
      .annotation(`${KEY_PREFIX}on-timeout`, "run-anyway")
      .created(new Date("2020-01-01T00:00:00Z"));
    const { api, told } = await livesOf(run, 2);
    expect(told.sort()).toEqual(["PlacementTimedOut", "SetAside"]);
    const [letGo] = api.all<PipelineRun>("pipelineruns");
    expect(letGo!.metadata!.annotations).toHaveProperty([LET_GO_ANNOTATION]);
  });

  test("costs a run that is not large no write", async () => {
    const { writes } = await livesOf(
      aRun()
        .held()
        .spec(of(1000) as never).run,
      1,
    );
    expect(writes[0]).toEqual([]);
  });
});
