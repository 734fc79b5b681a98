/** The alerts that the chart brings, as Prometheus' rule file; docs/metrics.md has what to do about each. */
import { stringify } from "yaml";

export interface Alert {
  name: string;
  /** PromQL; it fires while this has a result. */
  expr: string;
  /** How long it has to last. */
  for: string;
  /** critical: runs are refused or none is placed. */
  severity: "critical" | "warning" | "info";
  summary: string;
  /** What it means for runs. May use Prometheus' templates. */
  description: string;
  /** What to do about it, step by step, for people who have not met the operator before. */
  runbook: string;
}

const quantile = (share: number, metric: string, window: string): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket[${window}])))`;

/** For how long nobody may act, and so nobody knows of runs, while another controller takes over. */
const LEADER_CHANGE = "2m";

/** The dashboard turns colour where these alerts begin. */
export const HELD_LONG_SECONDS = 1800;
export const CERTIFICATE_DAYS = 14;

export const ALERTS: readonly Alert[] = [
  {
    name: "PodAffinityNoLeader",
    expr: "(sum(pod_affinity_leader) or vector(0)) < 1",
    for: LEADER_CHANGE,
    severity: "critical",
    summary: "No controller acts.",
    description: "No process of the controller holds the Lease, or none is scraped: held runs stay held.",
    runbook:
      "Look whether the controller's pods are Running and Ready (`kubectl get pods -n NAMESPACE -l app.kubernetes.io/component=controller`); " +
      "/readyz and their log say what they wait for, most often a Lease that may not be written or an API server that is not reached. " +
      "Runs that have to start now are let go by their label tekton.dev/custom-pod-affinity=false.",
  },
  {
    name: "PodAffinityAdmissionMissing",
    expr: 'absent(pod_affinity_build_info{component="admission"})',
    for: "5m",
    severity: "critical",
    summary: "No process of admission is seen.",
    description:
      "No process of admission is there, or none is scraped. While none answers, opted-in runs, and pods of placed runs, are refused.",
    runbook:
      "Look at the admission pods and their Events, and at the certificate (PodAffinityCertificateEnds). " +
      "If they cannot be brought back, take the webhooks away: `kubectl delete mutatingwebhookconfigurations,validatingwebhookconfigurations RELEASE`. " +
      "Runs then start without co-location.",
  },
  {
    name: "PodAffinityAdmissionFails",
    expr: 'sum by (code) (rate(pod_affinity_admission_duration_seconds_count{code!="200"}[5m])) > 0',
    for: "10m",
    severity: "warning",
    summary: "Admission answers with errors.",
    description:
      "Admission answers requests with HTTP status {{ $labels.code }}: what they were about is refused.",
    runbook:
      "The log of the admission pods names each such request. 400 and 413 are requests that nobody but an API server should send; " +
      "500 is a fault of the operator: keep the log, and report it.",
  },
  {
    name: "PodAffinityAdmissionSlow",
    expr: `${quantile(0.99, "pod_affinity_admission_duration_seconds", "5m")} > 1`,
    for: "10m",
    severity: "warning",
    summary: "Admission is slow.",
    description:
      "One request in a hundred waits {{ $value | humanizeDuration }} for admission. After webhooks.timeoutSeconds it is refused.",
    runbook:
      "Compare the CPU of the admission pods with their limit; raise admission.replicas or admission.resources. " +
      "One busy core answers about 500 requests a second.",
  },
  {
    name: "PodAffinityCertificateEnds",
    expr: `min(pod_affinity_certificate_end_timestamp_seconds) - time() < ${CERTIFICATE_DAYS} * 86400`,
    for: "1h",
    severity: "warning",
    summary: "The serving certificate is about to end.",
    description:
      "The certificate ends in {{ $value | humanizeDuration }}. After that opted-in runs, and pods of placed runs, are refused.",
    runbook:
      "With certificates.source: helm, run helm upgrade; with cert-manager, look at the Certificate of the release (`kubectl describe certificate`).",
  },
  {
    name: "PodAffinityRunHeldLong",
    expr: `max(max_over_time(pod_affinity_oldest_held_run_seconds[${LEADER_CHANGE}])) > ${HELD_LONG_SECONDS}`,
    for: "5m",
    severity: "warning",
    summary: "A run has been held for more than half an hour.",
    description: "A run has waited for {{ $value | humanizeDuration }} to be placed.",
    runbook:
      "List held runs, the oldest first: `kubectl get pipelineruns -A -l pod-affinity.tekton.dev/phase=held --sort-by=.metadata.creationTimestamp`. " +
      "The Events of the first (`kubectl describe pipelinerun`) say what it waits for and what to do. " +
      "Many at once: there are too few nodes, or an autoscaler that makes none.",
  },
  {
    name: "PodAffinityPlacementSlow",
    expr: `${quantile(0.9, "pod_affinity_placement_duration_seconds", "30m")} > 300`,
    for: "15m",
    severity: "info",
    summary: "Runs wait long for a node.",
    description: "One run in ten waits more than {{ $value | humanizeDuration }} until it is placed.",
    runbook:
      "Look at the dashboard's room: where much is wanted and little used, runs wait for nodes; " +
      "let more nodes stand by, share nodes (annotation isolation: none or preferred), or state smaller requests.",
  },
  {
    name: "PodAffinityPlaceholdersRefused",
    expr: "sum by (reason) (increase(pod_affinity_placeholders_refused_total[15m])) > 0",
    for: "0m",
    severity: "warning",
    summary: "Placeholders are refused.",
    description: "The placeholders of runs cannot be made, because of: {{ $labels.reason }}. The runs wait.",
    runbook:
      "The Event PlaceholderRefused on each run has Kubernetes' own words and what to do: " +
      "`kubectl get events -A --field-selector reason=PlaceholderRefused`. They are tried again by themselves.",
  },
  {
    name: "PodAffinityRunsNotPlaced",
    expr: 'sum by (outcome) (increase(pod_affinity_holds_ended_total{outcome!="placed"}[30m])) > 0',
    for: "0m",
    severity: "info",
    summary: "Runs are let go without a node of their own.",
    description:
      'Runs that ended their wait otherwise than placed within half an hour: {{ $value | printf "%.0f" }}, {{ $labels.outcome }}.',
    runbook:
      "They waited for longer than their placement-timeout, or people took them out. " +
      "`kubectl get events -A --field-selector reason=PlacementTimedOut` says why each could not be placed.",
  },
  {
    name: "PodAffinityRoomTaken",
    expr: 'sum by (reason) (increase(pod_affinity_placeholder_moves_total{reason=~"no_place|room_lost"}[1h])) > 5',
    for: "0m",
    severity: "info",
    summary: "Others take the room that was kept for runs.",
    description:
      '{{ $value | printf "%.0f" }} placeholders had to look for a node anew within an hour: {{ $labels.reason }}.',
    runbook:
      "Pods of higher priority, or static ones, come onto the nodes of runs. Keep CI on nodes of its own by a taint, or give runs a priority class.",
  },
  {
    name: "PodAffinityQueueDeep",
    expr: "sum(pod_affinity_workqueue_depth) > 100",
    for: "10m",
    severity: "warning",
    summary: "The controller is behind.",
    description: "{{ $value }} runs have waited for a worker of the controller for ten minutes.",
    runbook:
      "Look at the time that requests to the API server take (dashboard); raise settings.workers and settings.maxConnections, or the controller's CPU.",
  },
  {
    name: "PodAffinityRetries",
    expr: 'sum(rate(pod_affinity_workqueue_retries_total{cause="error"}[10m])) > 0.2',
    for: "15m",
    severity: "warning",
    summary: "What the controller does for runs fails, again and again.",
    description: "Looks at runs fail {{ $value | humanize }} times a second.",
    runbook:
      "The controller's log names run and error; the Event StepFailed is on each run. " +
      "A missing permission: install the chart anew. A webhook or policy of others: let placeholders pass it.",
  },
  {
    name: "PodAffinityRequestsFail",
    expr:
      'sum(rate(pod_affinity_kubernetes_requests_total{code=~"5xx|none"}[5m])) / ' +
      "sum(rate(pod_affinity_kubernetes_requests_total[5m])) > 0.05",
    for: "10m",
    severity: "warning",
    summary: "The API server does not answer as it should.",
    description:
      "{{ $value | humanizePercentage }} of the requests to the API server fail or have no answer.",
    runbook:
      "Ask whoever runs the cluster; look whether networkPolicy.apiServerPorts names the ports that the API server listens on.",
  },
];

/** A heading's anchor, as GitHub makes it. */
export const anchorOf = ({ name }: Alert): string => name.toLowerCase();

/** Where the page is, from the top of the repository; the chart puts a base before it. */
export const PAGE = "docs/metrics.md";

/** As `promtool check rules` wants it. */
export function ruleFile(): string {
  const rules = ALERTS.map(alert => ({
    alert: alert.name,
    expr: alert.expr,
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook: alert.runbook,
      runbook_url: `${PAGE}#${anchorOf(alert)}`,
    },
  }));
  return stringify({ groups: [{ name: "pipelinerun-pod-affinity", rules }] }, { lineWidth: 0 });
}
