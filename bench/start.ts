/**
 * How long the pods of runs wait for their node, from when they were made until they were bound, by the wave that they
 * belong to: with a reservation and without one, in turns, on the same idle cluster of the test bed.
 *
 *   npm run bench -- start
 */
import { OperatedCluster, optedIn, run, RUN_MILLISECONDS } from "../e2e/operated-cluster";
import { after, chosen, cpu } from "../e2e/fit/fixture";
import { addNode } from "../testbed/nodes";

const NODES = 4;
/** Of each kind; as many at once as there are nodes, so that none waits for another. */
const ROUNDS = 12;
const ALLOWED_MILLISECONDS = 2000;
const RESERVATIONS = ["peak", "none"] as const;
type Kind = (typeof RESERVATIONS)[number];

/** Four waves: up, down, and up to the widest moment. */
const tasks = () => [
  cpu("wave1-a", "1"),
  cpu("wave1-b", "1"),
  cpu("wave2-a", "5", after("wave1-a", "wave1-b")),
  cpu("wave3-a", "500m", after("wave2-a")),
  ...["a", "b", "c"].map(name => cpu(`wave4-${name}`, "2", after("wave3-a"))),
];

const percentile = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;

/** Milliseconds until each pod of the namespace was bound, by wave. */
function waits({ history }: OperatedCluster, namespace: string): Map<string, number[]> {
  const made = new Map<string, number>();
  const found = new Map<string, number[]>();
  for (const { object, at } of history.all("pod", namespace)) {
    const wave = object.metadata?.labels?.["tekton.dev/pipelineTask"]?.split("-")[0];
    const uid = object.metadata!.uid!;
    if (wave === undefined) continue;
    if (!made.has(uid)) made.set(uid, at);
    if (!object.spec?.nodeName || made.get(uid) === Infinity) continue;
    found.set(wave, [...(found.get(wave) ?? []), at - made.get(uid)!]);
    made.set(uid, Infinity);
  }
  return found;
}

async function round(operated: OperatedCluster, kind: Kind, index: number): Promise<void> {
  const metadata = { labels: optedIn, ...chosen({ reservation: kind }) };
  await operated.createRun(kind, run(`run-${index}`, tasks(), metadata));
  await operated.untilEnded(kind, RUN_MILLISECONDS);
  await operated.untilNoPlaceholder(kind);
}

async function main(): Promise<void> {
  const operated = await OperatedCluster.start("bench-start", 0, { asShipped: true });
  try {
    const names = Array.from({ length: NODES }, (_, index) => `node-${index + 1}`);
    await Promise.all(names.map(name => addNode(operated.cluster.clients, { name, cpu: "8" })));
    for (const kind of RESERVATIONS) await operated.createNamespace(kind);
    for (let index = 0; index < ROUNDS; index++) {
      for (const kind of RESERVATIONS) await round(operated, kind, index);
    }
    const byKind = RESERVATIONS.map(kind => waits(operated, kind));
    console.log(`milliseconds from a pod's creation to its node, ${ROUNDS} runs of each kind, one at a time`);
    console.log("wave    pods   with a reservation: p50  p99   without: p50  p99   ratio of p99");
    let worst = 0;
    for (const wave of [...byKind[0]!.keys()].sort()) {
      const [kept, none] = byKind.map(found => (found.get(wave) ?? []).sort((a, b) => a - b));
      const [p50, p99, control50, control99] = [kept!, none!].flatMap(sorted =>
        [0.5, 0.99].map(share => percentile(sorted, share)),
      );
      worst = Math.max(worst, p99!);
      const figures = [String(kept!.length).padStart(4), p50, p99, control50, control99].map(figure =>
        String(figure).padStart(6),
      );
      console.log(`${wave}  ${figures.join("  ")}  ${(p99! / control99!).toFixed(1)}`);
    }
    console.log(`p99 of the slowest wave: ${worst} ms; at most ${ALLOWED_MILLISECONDS} are allowed`);
    if (worst > ALLOWED_MILLISECONDS) process.exitCode = 1;
  } finally {
    await operated.stop();
  }
}

void main();
