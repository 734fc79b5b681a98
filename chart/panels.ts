/** What the dashboard shows, panel by panel: first one row of single figures, then graphs two by two. */
import { CERTIFICATE_DAYS, HELD_LONG_SECONDS } from "./alerts";

export interface Panel {
  title: string;
  /** One line of help, shown at the panel. */
  description: string;
  kind: "stat" | "timeseries";
  /** Grafana's name of the unit; what it does not know, it puts behind the figure. */
  unit: "short" | "s" | "bytes" | "reqps" | "dtdurations" | `${string}/min`;
  /** Whole things are counted: half of one is no step of the axis. */
  isWhole?: boolean;
  /** Drawn on top of one another: the whole means something. */
  isStacked?: boolean;
  /** There for a moment, and then not at all: bars are seen among hours, where so short a line is not. */
  isSeldom?: boolean;
  /** Colours of a stat, each from its value on; the first one counts below all others. */
  colors?: { color: "text" | "orange" | "red"; from: number | null }[];
  queries: { expr: string; legend: string }[];
}

const RATE = "[$__rate_interval]";
const quantiles = (metric: string, ...shares: number[]) =>
  shares.map(share => ({
    expr: `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket${RATE})))`,
    legend: `p${share * 100}`,
  }));
const one = (expr: string, legend = "") => [{ expr, legend }];
/** Only who acts knows: where nobody does, 0 from those that stand by would be no answer. */
const known = (gauge: string) => `(${gauge} and on (instance) pod_affinity_leader == 1)`;
/** Of what is seldom: a second is too short to read. */
const aMinute = (label: string, counter: string) => `60 * sum by (${label}) (rate(${counter}${RATE}))`;

export const STATS: readonly Panel[] = [
  {
    title: "Acting controllers",
    description: "One is right; with none, held runs stay held.",
    kind: "stat",
    unit: "short",
    isWhole: true,
    colors: [
      { color: "red", from: null },
      { color: "text", from: 1 },
      { color: "orange", from: 2 },
    ],
    queries: one("sum(pod_affinity_leader) or vector(0)"),
  },
  {
    title: "Runs held",
    description:
      "Runs that wait until they are placed: kubectl get pipelineruns -A -l pod-affinity.tekton.dev/phase=held",
    kind: "stat",
    unit: "short",
    isWhole: true,
    queries: one(`sum${known('pod_affinity_runs{stage="held"}')}`),
  },
  {
    title: "Oldest held run",
    description: "For how long it has been held; coloured when PodAffinityRunHeldLong is about to fire.",
    kind: "stat",
    unit: "s",
    colors: [
      { color: "text", from: null },
      { color: "orange", from: HELD_LONG_SECONDS },
    ],
    queries: one(`max${known("pod_affinity_oldest_held_run_seconds")}`),
  },
  {
    title: "Runs placed",
    description: "Runs that are under way on their node.",
    kind: "stat",
    unit: "short",
    isWhole: true,
    queries: one(`sum${known('pod_affinity_runs{stage="placed"}')}`),
  },
  {
    title: "Placements, last hour",
    description: "Runs that were started on a node of their own.",
    kind: "stat",
    unit: "short",
    isWhole: true,
    queries: one('sum(increase(pod_affinity_holds_ended_total{outcome="placed"}[1h]))'),
  },
  {
    title: "Certificate ends in",
    description:
      "After that opted-in runs are refused; coloured when PodAffinityCertificateEnds is about to fire.",
    kind: "stat",
    unit: "dtdurations",
    colors: [
      { color: "red", from: null },
      { color: "orange", from: 0 },
      { color: "text", from: CERTIFICATE_DAYS * 86400 },
    ],
    queries: one("min(pod_affinity_certificate_end_timestamp_seconds) - time()"),
  },
];

const GRAPHS: readonly Panel[] = [
  {
    title: "Held runs by phase",
    description: "absent: there is no placeholder yet; looking: it has no node yet; anchored: it has one.",
    kind: "timeseries",
    unit: "short",
    isWhole: true,
    isStacked: true,
    queries: one(`sum by (phase) ${known('pod_affinity_runs{stage="held"}')} > 0`, "{{phase}}"),
  },
  {
    title: "Placed runs by phase",
    description: "anchored and handing over are well; lost and moving look for a node.",
    kind: "timeseries",
    unit: "short",
    isWhole: true,
    isStacked: true,
    queries: one(`sum by (phase) ${known('pod_affinity_runs{stage="placed"}')} > 0`, "{{phase}}"),
  },
  {
    title: "Time to place",
    description: "From the creation of a run until it is started on its node.",
    kind: "timeseries",
    unit: "s",
    queries: quantiles("pod_affinity_placement_duration_seconds", 0.5, 0.9, 0.99),
  },
  {
    title: "What ended the wait",
    description: "Runs that are held no longer, by what became of them.",
    kind: "timeseries",
    unit: "runs/min",
    queries: one(aMinute("outcome", "pod_affinity_holds_ended_total"), "{{outcome}}"),
  },
  {
    title: "Processors: reserved, wanted, used",
    description:
      "Kept by placeholders with a node; looked for by those without one; asked for by pods of placed runs.",
    kind: "timeseries",
    unit: "short",
    queries: [
      ...one(`sum${known("pod_affinity_reserved_cpu_cores")}`, "reserved"),
      ...one(`sum${known("pod_affinity_wanted_cpu_cores")}`, "wanted"),
      ...one(`sum${known("pod_affinity_used_cpu_cores")}`, "used"),
    ],
  },
  {
    title: "Memory: reserved, wanted, used",
    description:
      "Kept by placeholders with a node; looked for by those without one; asked for by pods of placed runs.",
    kind: "timeseries",
    unit: "bytes",
    queries: [
      ...one(`sum${known("pod_affinity_reserved_memory_bytes")}`, "reserved"),
      ...one(`sum${known("pod_affinity_wanted_memory_bytes")}`, "wanted"),
      ...one(`sum${known("pod_affinity_used_memory_bytes")}`, "used"),
    ],
  },
  {
    title: "Moves by reason",
    description: "Placeholders that looked for a node anew, or were replaced on theirs.",
    kind: "timeseries",
    unit: "moves/min",
    isStacked: true,
    isSeldom: true,
    queries: one(`${aMinute("reason", "pod_affinity_placeholder_moves_total")} > 0`, "{{reason}}"),
  },
  {
    title: "Warnings by reason",
    description: "Events of type Warning on runs; docs/troubleshooting.md has each of them.",
    kind: "timeseries",
    unit: "Events/min",
    isStacked: true,
    isSeldom: true,
    queries: one(`${aMinute("reason", 'pod_affinity_events_total{type="Warning"}')} > 0`, "{{reason}}"),
  },
  {
    title: "Refused placeholders and resizes",
    description: "Placeholders by what stood in the way; resizes by what was asked for.",
    kind: "timeseries",
    unit: "refusals/min",
    isStacked: true,
    isSeldom: true,
    queries: [
      ...one(
        `${aMinute("reason", "pod_affinity_placeholders_refused_total")} > 0`,
        "placeholder: {{reason}}",
      ),
      ...one(`${aMinute("direction", "pod_affinity_resizes_refused_total")} > 0`, "resize: {{direction}}"),
    ],
  },
  {
    title: "Retries",
    description: "Looks at runs that are repeated; outdated is no fault.",
    kind: "timeseries",
    unit: "looks/min",
    queries: one(aMinute("cause", "pod_affinity_workqueue_retries_total"), "{{cause}}"),
  },
  {
    title: "Queue",
    description: "Runs that wait for a worker, are worked on, or are looked at after a while.",
    kind: "timeseries",
    unit: "short",
    isWhole: true,
    queries: [
      ...one(`sum${known("pod_affinity_workqueue_depth")}`, "waiting"),
      ...one(`sum${known("pod_affinity_workqueue_working")}`, "worked on"),
      ...one(`sum${known("pod_affinity_workqueue_delayed")}`, "after a while"),
    ],
  },
  {
    title: "Time of a look at a run",
    description: "With what was done for it.",
    kind: "timeseries",
    unit: "s",
    queries: quantiles("pod_affinity_workqueue_work_duration_seconds", 0.5, 0.99),
  },
  {
    title: "Requests to the API server",
    description:
      "By verb; and those without success, by class of the answer. 4xx is most often a change that came first.",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      ...one(`sum by (verb) (rate(pod_affinity_kubernetes_requests_total${RATE})) > 0`, "{{verb}}"),
      ...one(
        `sum by (code) (rate(pod_affinity_kubernetes_requests_total{code!="2xx"}${RATE})) > 0`,
        "answer: {{code}}",
      ),
    ],
  },
  {
    title: "Time of requests to the API server",
    description: "Until the answer was read; watches apart.",
    kind: "timeseries",
    unit: "s",
    queries: quantiles("pod_affinity_kubernetes_request_duration_seconds", 0.5, 0.99),
  },
  {
    title: "Requests for admission",
    description:
      "By what was asked; those that were refused, with a reason for people; and those without an answer, by HTTP status.",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      ...one(
        `sum by (kind, operation) (rate(pod_affinity_admission_duration_seconds_count${RATE})) > 0`,
        "{{operation}} {{kind}}",
      ),
      ...one(`sum(rate(pod_affinity_admission_answers_total{allowed="false"}${RATE}))`, "refused"),
      ...one(
        `sum by (code) (rate(pod_affinity_admission_duration_seconds_count{code!="200"}${RATE})) > 0`,
        "failed: {{code}}",
      ),
    ],
  },
  {
    title: "Time of admission",
    description: "The API server waits for so long.",
    kind: "timeseries",
    unit: "s",
    queries: quantiles("pod_affinity_admission_duration_seconds", 0.5, 0.99),
  },
  {
    title: "Which controller acts",
    description: "By its pod, or by its address where pods are not named; each change is a new leader.",
    kind: "timeseries",
    unit: "short",
    isWhole: true,
    isStacked: true,
    queries: one("sum by (pod, instance) (pod_affinity_leader) > 0", "{{pod}} {{instance}}"),
  },
  {
    title: "Processes by version",
    description: "Those that are scraped, of each part; two versions at once are an upgrade.",
    kind: "timeseries",
    unit: "short",
    isWhole: true,
    isStacked: true,
    queries: one("sum by (component, version) (pod_affinity_build_info)", "{{component}} {{version}}"),
  },
];

export const PANELS: readonly Panel[] = [...STATS, ...GRAPHS];

/** All queries by the title of their panel, as Prometheus reads them: Grafana puts a duration for its variable. */
export const panelQueries = (): Record<string, string> =>
  Object.fromEntries(
    PANELS.flatMap(({ title, queries }) =>
      queries.map(({ expr }, index) => [`${title}, ${index + 1}`, expr.replaceAll(RATE, "[5m]")]),
    ),
  );
