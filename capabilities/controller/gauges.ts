/** Gauges that are read when Prometheus asks: from the store, the queue and the Lease. Nothing is counted, so nothing drifts. */
import { Gauge } from "prom-client";
import { atScrape, PREFIX, registry } from "../metrics/registry";
import type { Observed } from "../phases/observed";
import { PHASES, type Phase } from "../phases/phase";
import { COUNTED_STAGES, figuresOf, type Figures } from "./figures";
import type { WorkQueue } from "./work-queue";

const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
  new Gauge<L>({ name: `${PREFIX}${name}`, help, labelNames, registers: [registry] });

const leads = gauge("leader", "1 in the controller that acts, 0 in those that stand by.");
const runs = gauge(
  "runs",
  "Runs by where they stand (held or placed) and by the phase of their placeholder, as docs/phases.md has them.",
  ["stage", "phase"],
);
const oldestHeld = gauge(
  "oldest_held_run_seconds",
  "For how long the run that is held for longest has been; 0 when none is held.",
);
const depth = gauge("workqueue_depth", "Runs that wait for a worker of the controller.");
const working = gauge("workqueue_working", "Runs that are worked on.");
const delayed = gauge(
  "workqueue_delayed",
  "Runs that are looked at after a while, for a retry or by a clock.",
);

const AMOUNTS = {
  reserved: "asked for by placeholders that have a node: room that is kept for runs",
  wanted: "asked for by placeholders that have no node: room that is looked for",
  used: "asked for by live pods of runs that were placed",
} as const;
type Amount = keyof typeof AMOUNTS;
const amounts = (Object.keys(AMOUNTS) as Amount[]).map(amount => ({
  amount,
  cpu: gauge(`${amount}_cpu_cores`, `Processors ${AMOUNTS[amount]}.`),
  memory: gauge(`${amount}_memory_bytes`, `Memory ${AMOUNTS[amount]}.`),
}));

/** Each combination is there, with 0: an alert on one that was never seen would not work otherwise. */
function setRuns({ runs: counts }: Figures): void {
  for (const stage of COUNTED_STAGES) {
    for (const phase of Object.keys(PHASES) as Phase[]) {
      runs.set({ stage, phase }, counts.get(stage)?.get(phase) ?? 0);
    }
  }
}

export function setFigures(figures: Figures): void {
  setRuns(figures);
  oldestHeld.set(figures.oldestHeldSeconds);
  for (const { amount, cpu, memory } of amounts) {
    cpu.set((figures[amount]["cpu"] ?? 0) / 1000);
    memory.set(figures[amount]["memory"] ?? 0);
  }
}

/** What is told of. */
interface Told {
  observed(): Iterable<Observed>;
  queue: Pick<WorkQueue, "depth" | "working" | "delayed">;
}

export function tellOf(controller: Told, leader: { leads(): boolean }): void {
  atScrape(() => {
    setFigures(figuresOf(controller.observed(), new Date()));
    leads.set(leader.leads() ? 1 : 0);
    depth.set(controller.queue.depth);
    working.set(controller.queue.working);
    delayed.set(controller.queue.delayed);
  });
}
