import { describe, expect, test } from "@jest/globals";
import type { V1LimitRange } from "@kubernetes/client-node";
import { parseResources, sum } from "../demand/resources";
import type { PlannedTask } from "../demand/task-graph";
import { planned } from "../testing/builders";
import { BUILT_IN_CHOICES, type Choices } from "../choices/choices";
import { NO_BOUNDS } from "./namespace-bounds";
import {
  cappedAgain,
  capAskedAgainAt,
  parseReservation,
  reservationFor,
  sizeAtRelease,
  sizeBeside,
  type Reservation,
} from "./reservation";

const floor = parseResources({ cpu: "10m", memory: "16Mi" });
/** a, then b and c side by side. */
const fork = [
  planned("a", { cpu: 1000, memory: 2 ** 30 }),
  planned("b", { cpu: 2000 }, ["a"]),
  planned("c", { cpu: 1500 }, ["a"]),
];
const reserving = (choices: Partial<Choices> = {}, tasks: PlannedTask[] = fork, bounds = NO_BOUNDS) =>
  reservationFor(
    { tasks, notes: ["A note on the graph."] },
    { ...BUILT_IN_CHOICES, ...choices },
    floor,
    bounds,
  );

describe("a reservation that a quota caps", () => {
  const GI = 2 ** 30;
  const now = new Date("2026-01-01T00:00:00Z");
  const quota = (hard: string, used: string) => ({
    ...NO_BOUNDS,
    quotas: [
      {
        metadata: { name: "builds" },
        status: { hard: { "requests.cpu": hard }, used: { "requests.cpu": used } },
      },
    ],
  });
  const peak = { cpu: 3500, memory: GI };
  const before = reserving({}, fork, quota("8", "6")).reservation;

  test("asks for what is left, and knows what it needs", () => {
    expect(before).toMatchObject({ ask: { cpu: 2000, memory: GI }, capped: { peak }, scarce: ["cpu"] });
    expect(parseReservation(JSON.stringify(before))).toEqual(before);
    expect(reserving({}, fork, quota("8", "1")).reservation).not.toHaveProperty("capped");
  });

  test.each([
    { name: "asks for all once the others have gone", hard: "8", used: "0", cpu: 3500, isCapped: false },
    { name: "asks for more once some have", hard: "8", used: "5", cpu: 3000, isCapped: true },
    {
      name: "asks for what it has where nothing has changed",
      hard: "8",
      used: "6",
      cpu: 2000,
      isCapped: true,
    },
    { name: "never asks for less", hard: "8", used: "8", cpu: 2000, isCapped: true },
  ])("$name", ({ hard, used, cpu, isCapped }) => {
    const { reservation, notes } = cappedAgain(before, quota(hard, used), {}, now);
    expect(reservation.ask).toEqual({ cpu, memory: GI });
    const capped = isCapped ? { peak, askedAt: now.toISOString(), tries: 1 } : undefined;
    expect(reservation.capped).toEqual(capped);
    expect(reservation.scarce).toEqual(isCapped ? ["cpu"] : undefined);
    expect(notes.length > 0).toBe(cpu > 2000);
    expect(reservation).toMatchObject({ floor: before.floor, firstWave: before.firstWave, tasks: fork });
  });

  test("tells what it may ask for, and what caps it still", () => {
    expect(cappedAgain(before, quota("8", "5"), {}, now).notes).toEqual([
      "A quota has room for more now: the placeholder may ask for cpu 3, memory 1Gi.",
      "Capped at cpu 3 of 3500m by ResourceQuota builds.",
    ]);
  });

  test("leaves devices as they were", () => {
    const gpus = { ...before, ask: { ...before.ask, "nvidia.com/gpu": 0 } };
    const more = { ...gpus, capped: { peak: { ...peak, "nvidia.com/gpu": 1 } } };
    expect(cappedAgain(more, NO_BOUNDS, {}, now).reservation.ask).toMatchObject({ "nvidia.com/gpu": 0 });
  });

  test.each([
    { tries: undefined, seconds: 30 },
    { tries: 1, seconds: 60 },
    { tries: 4, seconds: 480 },
    { tries: 5, seconds: 600 },
    { tries: 2000, seconds: 600 },
    { tries: "never" as unknown as number, seconds: 30 },
  ])("after $tries tries it is asked again in $seconds s", ({ tries, seconds }) => {
    const since = now.getTime();
    const asked = tries === undefined ? { peak } : { peak, askedAt: now.toISOString(), tries };
    expect(capAskedAgainAt({ ...before, capped: asked }, since)).toBe(since + seconds * 1000);
  });

  test("no other one is asked about", () => {
    const { capped: _, ...free } = before;
    expect(capAskedAgainAt(free, 0)).toBe(Infinity);
  });
});

describe("the reservation", () => {
  test("is the run's widest moment, for each resource", () => {
    const { reservation, notes } = reserving();
    expect(reservation).toEqual({
      ask: { cpu: 3500, memory: 2 ** 30 },
      floor,
      firstWave: { cpu: 1000, memory: 2 ** 30 },
      tasks: fork,
    });
    expect(notes[0]).toMatch(
      /^The placeholder asks for cpu 3500m, memory 1Gi: its widest moments? \(.*b, c.*\)\.$/,
    );
    expect(notes).toContain("A note on the graph.");
  });

  test.each([
    ["one", [planned("a", { cpu: 3000, memory: 2 ** 30 })], "its widest moment (a)"],
    [
      "one for each resource",
      [planned("a", { cpu: 1000, memory: 2 ** 30 }), planned("b", { cpu: 3000 }, ["a"])],
      "its widest moments (cpu: b; memory: a)",
    ],
  ])("says of %s which tasks it is of", (_name, tasks, said) => {
    expect(reserving({}, tasks).notes[0]).toContain(said);
  });

  test("says what a LimitRange keeps it from giving up", () => {
    const range: V1LimitRange = { spec: { limits: [{ type: "Container", min: { cpu: "150m" } }] } };
    const bounds = { ...NO_BOUNDS, limitRanges: [range] };
    const tasks = [planned("a", { cpu: 700 })];
    expect(reserving({}, tasks, bounds).notes[0]).toBe(
      "The placeholder asks for cpu 850m, memory 16Mi: its widest moment (a), and cpu 150m that a LimitRange keeps it from giving up.",
    );
  });

  test("of more than can be counted is what can be, and people are told", () => {
    const tasks = [planned("a", { memory: Number.MAX_SAFE_INTEGER - 1 }, [], 200)];
    const { reservation, notes } = reserving({}, tasks);
    expect(reservation.ask["memory"]).toBe(Number.MAX_SAFE_INTEGER);
    expect(sizeAtRelease(reservation)).toEqual(floor);
    expect(notes.join(" ")).toContain("ask together for more memory than any node has");
  });

  test("of a graph too intricate to be counted out is an upper bound, and people are told", () => {
    const graph = { tasks: fork, notes: [] };
    const of = (mostVisited?: number) =>
      reservationFor(graph, BUILT_IN_CHOICES, floor, NO_BOUNDS, {}, mostVisited).notes.join(" ");
    expect(of(1)).toContain("of cpu, memory it may need less at once than is reckoned with");
    expect(of()).not.toContain("less");
  });

  test("is never below the floor", () => {
    expect(reserving({}, [planned("a", { cpu: 1 })]).reservation.ask).toEqual({ ...floor });
  });

  test("asks for no ephemeral storage, expressly, once it may let go of it", () => {
    const { floor: least } = reserving({}, [planned("a", { "ephemeral-storage": 5 })]).reservation;
    expect(least).toEqual({ ...floor, "ephemeral-storage": 0 });
  });

  test("names no resource of which nothing is needed", () => {
    const { ask } = reserving({}, [planned("a", { cpu: 1000, "nvidia.com/gpu": 0 })]).reservation;
    expect(ask).not.toHaveProperty(["nvidia.com/gpu"]);
  });

  test("none: the floor, and not a word of it", () => {
    const { reservation, notes } = reserving({ reservation: "none" });
    expect(reservation).toEqual({ ask: floor, floor, firstWave: {}, tasks: [] });
    expect(notes).toEqual(["A note on the graph."]);
  });

  test("keeps what a LimitRange's min takes beside the run, from the beginning to the end", () => {
    const least: V1LimitRange = {
      metadata: { name: "l" },
      spec: { limits: [{ type: "Container", min: { cpu: "200m" } }] },
    };
    const { reservation } = reserving({}, fork, { ...NO_BOUNDS, limitRanges: [least] });
    expect(reservation).toMatchObject({ ask: { cpu: 3700 }, floor: { cpu: 200 }, beside: { cpu: 200 } });
    expect(parseReservation(JSON.stringify(reservation))).toEqual(reservation);
    const cpuBeside = (held: number, ...over: string[]) => {
      const ended = new Map(over.map(name => [name, 1]));
      return sizeBeside(reservation, { ended, held: { cpu: held } })["cpu"];
    };
    expect([cpuBeside(1000), cpuBeside(3500, "a"), cpuBeside(1500, "a", "b")]).toEqual([2700, 200, 200]);
  });

  test("of a run with no tasks: the floor", () => {
    expect(reserving({}, []).reservation.ask).toEqual(floor);
  });

  test.each([
    ["stands in place of what is computed", "cpu=8,memory=4Gi", { cpu: 8000, memory: 2 ** 32 }],
    ["may name less", "cpu=3", { cpu: 3000, memory: floor["memory"] }],
    ["may name what no task does", "nvidia.com/gpu=1", { ...floor, "nvidia.com/gpu": 1 }],
  ])("the annotation requests %s", (_what, requests, ask) => {
    const { reservation, notes } = reserving({ requests });
    expect(reservation).toMatchObject({ ask, tasks: [] });
    expect(notes[0]).toContain("as its annotation says");
  });

  test("the annotation requests bounds the first wave: no more room is freed than there is", () => {
    expect(reserving({ requests: "cpu=500m" }).reservation.firstWave).toMatchObject({ cpu: 500 });
  });

  test("over several nodes: the largest pod, whatever may run beside it", () => {
    const tasks = [...fork, planned("d", { cpu: 1800 }, ["a"], 3)];
    const { reservation, notes } = reserving({ "topology-key": "topology.kubernetes.io/zone" }, tasks);
    expect(reservation).toMatchObject({ ask: { cpu: 2000, memory: 2 ** 30 }, tasks: [] });
    expect(notes[0]).toContain("its largest pod");
  });

  test("is capped by the namespace, and says so", () => {
    const quota = { metadata: { name: "team" }, status: { hard: { cpu: "2" } } };
    const { reservation, notes } = reserving({}, fork, { limitRanges: [], quotas: [quota] });
    expect(reservation).toMatchObject({ ask: { cpu: 2000 }, floor: { cpu: 0 } });
    expect(notes).toContain("Capped at cpu 2 of 3500m by ResourceQuota team.");
  });

  test("names the first five tasks of a wide moment, and how many more there are", () => {
    const wide = Array.from({ length: 8 }, (_, index) => planned(`t${index}`, { cpu: 1000 }));
    expect(reserving({}, wide).notes[0]).toContain("t4 and 3 more");
  });

  test("leaves the tasks out where they do not fit into an annotation", () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      planned(`${"long".repeat(10)}${index}`, { cpu: 1 }, []),
    );
    const all = { ask: { cpu: 3000 }, floor, firstWave: {}, tasks: [] };
    const { reservation } = reserving({ requests: "computed" }, many);
    expect(reservation.tasks).toEqual(all.tasks);
    expect(reservation.ask).toMatchObject(all.ask);
  });
});

describe("the size beside a run", () => {
  const { reservation } = reserving();
  const ended = (counts: Record<string, number> = {}) => new Map(Object.entries(counts));
  test.each<[string, Record<string, number>, Record<string, number>, Record<string, number>]>([
    ["is what is asked for beside nothing", {}, {}, { cpu: 3500, memory: 2 ** 30 }],
    ["is less by what pods hold", {}, { cpu: 1000 }, { cpu: 2500, memory: 2 ** 30 }],
    [
      "falls with the peak of what has not ended",
      { a: 1, b: 1 },
      {},
      { cpu: 1500, memory: floor["memory"]! },
    ],
    ["counts both", { a: 1 }, { cpu: 2000 }, { cpu: 1500, memory: floor["memory"]! }],
    ["is the floor when all has ended", { a: 1, b: 1, c: 1 }, {}, floor],
    ["is the floor when pods hold more than all", {}, { cpu: 9000, memory: 2 ** 40 }, floor],
  ])("%s", (_what, counts, held, size) => {
    expect(sizeBeside(reservation, { ended: ended(counts), held })).toEqual(size);
  });

  test("is never more than what is asked for, where the namespace has capped it", () => {
    const capped: Reservation = { ...reservation, ask: { cpu: 2000, memory: 2 ** 30 } };
    expect(sizeBeside(capped, { ended: new Map(), held: {} })).toMatchObject({ cpu: 2000 });
    expect(sizeBeside(capped, { ended: ended({ a: 1, b: 1 }), held: {} })).toMatchObject({ cpu: 1500 });
  });

  test("does not fall with the tasks where none are known", () => {
    const stated = reserving({ requests: "cpu=4" }).reservation;
    expect(sizeBeside(stated, { ended: ended({ a: 1, b: 1, c: 1 }), held: { cpu: 1000 } })).toMatchObject({
      cpu: 3000,
    });
  });

  test("names cpu and memory alone: nothing else can be resized", () => {
    const gpu = reserving({}, [planned("a", { cpu: 1000, "nvidia.com/gpu": 1 })]).reservation;
    expect(sizeBeside(gpu, { ended: new Map(), held: {} })).toEqual({ cpu: 1000, memory: floor["memory"] });
  });

  test("at release leaves room for the first wave", () => {
    const size = sizeAtRelease(reservation);
    expect(size).toEqual({ cpu: 2500, memory: floor["memory"] });
    expect(sum(size, { cpu: 1000 })).toMatchObject({ cpu: reservation.ask["cpu"] });
  });
});

describe("as text", () => {
  const { reservation } = reserving();
  test("is read as it was written", () => {
    expect(parseReservation(JSON.stringify(reservation))).toEqual(reservation);
    const scarce = { ...reservation, scarce: ["cpu"] };
    expect(parseReservation(JSON.stringify(scarce))).toEqual(scarce);
  });
  test.each([undefined, "", "{", "null", "[]", "7", '{"ask":{},"floor":{},"firstWave":{}}', '{"tasks":[]}'])(
    "%j is not one",
    text => {
      expect(parseReservation(text)).toBeUndefined();
    },
  );
});
