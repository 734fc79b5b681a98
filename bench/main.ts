/** `npm run bench`: the one that is named, or that which needs no cluster. Its options follow the name. */
const BENCHMARKS = ["peak", "start", "latency", "burst", "memory", "nodes", "kubelet"];

const name = process.argv[2] ?? "peak";
if (BENCHMARKS.includes(name)) {
  void import(`./${name}`);
} else {
  console.error(`There is no benchmark ${JSON.stringify(name)}; there are ${BENCHMARKS.join(", ")}.`);
  process.exitCode = 2;
}
