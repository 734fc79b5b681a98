/** What the dashboard shows, panel by panel: first one row of single figures, then graphs two by two. */

export interface Panel {
  title: string;
  /** One line of help, shown at the panel. */
  description: string;
  kind: "stat" | "timeseries";
  /** Grafana's name of the unit. */
  unit: "short" | "s" | "bytes" | "reqps" | "dtdurations";
  /** Drawn on top of one another: the whole means something. */
  isStacked?: boolean;
  queries: { expr: string; legend: string }[];
}

const RATE = "[$__rate_interval]";
const quantiles = (metric: string, ...shares: number[]) =>
  shares.map(share => ({
    expr: `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket${RATE})))`,
    legend: `p${share * 100}`,
  }));
const one = (expr: string, legend = "") => [{ expr, legend }];

export const STATS: readonly Panel[] = [
  {
    title: "Acting controllers",
    description: "One is right; with none, held runs stay held.",
    kind: "stat",
    unit: "short",
    queries: one("sum(pod_affinity_leader)"),
  },
  {
    title: "Runs held",
    description: "Runs that wait until they are placed.",
    kind: "stat",
    unit: "short",
    queries: one('sum(pod_affinity_runs{stage="held"})'),
  },
  {
    title: "Oldest held run",
    description: "For how long it has been held.",
    kind: "stat",
    unit: "s",
    queries: one("max(pod_affinity_oldest_held_run_seconds)"),
  },
  {
    title: "Runs placed",
    description: "Runs that are under way on their node.",
    kind: "stat",
    unit: "short",
    queries: one('sum(pod_affinity_runs{stage="placed"})'),
  },
  {
    title: "Placements, last hour",
    description: "Runs that were started on a node of their own.",
    kind: "stat",
    unit: "short",
    queries: one('sum(increase(pod_affinity_holds_ended_total{outcome="placed"}[1h]))'),
  },
  {
    title: "Certificate ends in",
    description: "After that opted-in runs are refused.",
    kind: "stat",
    unit: "dtdurations",
    queries: one("min(pod_affinity_certificate_end_timestamp_seconds) - time()"),
  },
];

const GRAPHS: readonly Panel[] = [
  {
    title: "Held runs by phase",
    description: "looking: the placeholder has no node yet.",
    kind: "timeseries",
    unit: "short",
    isStacked: true,
    queries: one('sum by (phase) (pod_affinity_runs{stage="held"}) > 0', "{{phase}}"),
  },
  {
    title: "Placed runs by phase",
    description: "anchored and handing over are well; lost and moving look for a node.",
    kind: "timeseries",
    unit: "short",
    isStacked: true,
    queries: one('sum by (phase) (pod_affinity_runs{stage="placed"}) > 0', "{{phase}}"),
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
    description: "Runs a second.",
    kind: "timeseries",
    unit: "reqps",
    queries: one(`sum by (outcome) (rate(pod_affinity_holds_ended_total${RATE}))`, "{{outcome}}"),
  },
  {
    title: "Processors: reserved, wanted, used",
    description:
      "Kept by placeholders with a node; looked for by those without one; asked for by pods of placed runs.",
    kind: "timeseries",
    unit: "short",
    queries: [
      ...one("sum(pod_affinity_reserved_cpu_cores)", "reserved"),
      ...one("sum(pod_affinity_wanted_cpu_cores)", "wanted"),
      ...one("sum(pod_affinity_used_cpu_cores)", "used"),
    ],
  },
  {
    title: "Memory: reserved, wanted, used",
    description:
      "Kept by placeholders with a node; looked for by those without one; asked for by pods of placed runs.",
    kind: "timeseries",
    unit: "bytes",
    queries: [
      ...one("sum(pod_affinity_reserved_memory_bytes)", "reserved"),
      ...one("sum(pod_affinity_wanted_memory_bytes)", "wanted"),
      ...one("sum(pod_affinity_used_memory_bytes)", "used"),
    ],
  },
  {
    title: "Moves by reason",
    description: "Placeholders that looked for a node anew, or were replaced on theirs, a second.",
    kind: "timeseries",
    unit: "reqps",
    queries: one(`sum by (reason) (rate(pod_affinity_placeholder_moves_total${RATE})) > 0`, "{{reason}}"),
  },
  {
    title: "Warnings and refusals",
    description: "Events of type Warning by reason, refused placeholders and refused resizes, a second.",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      ...one(`sum by (reason) (rate(pod_affinity_events_total{type="Warning"}${RATE})) > 0`, "{{reason}}"),
      ...one(
        `sum by (reason) (rate(pod_affinity_placeholders_refused_total${RATE})) > 0`,
        "placeholder: {{reason}}",
      ),
      ...one(
        `sum by (direction) (rate(pod_affinity_resizes_refused_total${RATE})) > 0`,
        "resize: {{direction}}",
      ),
    ],
  },
  {
    title: "Queue",
    description: "Runs that wait for a worker, are worked on, or are looked at after a while.",
    kind: "timeseries",
    unit: "short",
    queries: [
      ...one("sum(pod_affinity_workqueue_depth)", "waiting"),
      ...one("sum(pod_affinity_workqueue_working)", "worked on"),
      ...one("sum(pod_affinity_workqueue_delayed)", "after a while"),
    ],
  },
  {
    title: "Retries",
    description: "Looks at runs that are repeated, a second; outdated is no fault.",
    kind: "timeseries",
    unit: "reqps",
    queries: one(`sum by (cause) (rate(pod_affinity_workqueue_retries_total${RATE}))`, "{{cause}}"),
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
    description: "By verb and class of the answer.",
    kind: "timeseries",
    unit: "reqps",
    queries: one(
      `sum by (verb, code) (rate(pod_affinity_kubernetes_requests_total${RATE})) > 0`,
      "{{verb}} {{code}}",
    ),
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
    description: "By what was asked; and those that were refused, with a reason for people.",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      ...one(
        `sum by (kind, operation) (rate(pod_affinity_admission_duration_seconds_count${RATE})) > 0`,
        "{{operation}} {{kind}}",
      ),
      ...one(`sum(rate(pod_affinity_admission_answers_total{allowed="false"}${RATE}))`, "refused"),
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
    title: "Versions",
    description: "Processes by version and part; two versions at once are an upgrade.",
    kind: "timeseries",
    unit: "short",
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
