/**
 * Every label, annotation and name that this operator writes, and those that it borrows from
 * Tekton and Kubernetes. Admission and controller share them from here.
 */

/** Set by users on a PipelineRun or a Namespace. Only the exact value "true" opts in. */
export const OPT_IN_LABEL = "tekton.dev/custom-pod-affinity";
export const OPTED_IN = "true";
/** On a run of an opted-in namespace, this value keeps the run out. */
export const OPTED_OUT = "false";

/** All labels and annotations of ours, and the choices of users, begin with this. */
export const KEY_PREFIX = "pod-affinity.tekton.dev/";

/**
 * Says that the Pending on this run was set by us. Never removed: a label that goes away looks like
 * a deletion to a filtered watch, and Tekton writes removed labels back.
 */
export const HELD_LABEL = `${KEY_PREFIX}held`;
export const HELD = "true";
/** The label's value on a run that was opted in only after it was created: it was never held, and is not placed. */
export const OPTED_IN_LATE = "opted-in-late";

/**
 * Stamped on a run when it is let go, and by Tekton's propagation on all of its TaskRuns, pods and
 * child runs: the name of the placeholder that they belong to. Placeholder pods carry it as well.
 */
export const PLACEHOLDER_LABEL = `${KEY_PREFIX}placeholder`;

/** The node that the placeholder was on when the run was let go. A hint: the placeholder is the truth. */
export const NODE_ANNOTATION = `${KEY_PREFIX}node`;
/** The same for `kubectl get -L`, which shows labels only; a name that is too long for a label is shortened. */
export const NODE_LABEL = `${KEY_PREFIX}node`;
/** Where the run stands, for the same; written with what is written anyway. */
export const PHASE_LABEL = `${KEY_PREFIX}phase`;
export const PHASE = {
  held: "held",
  placed: "placed",
  withoutAffinity: "without-affinity",
  cancelled: "cancelled",
} as const;

/** On a TaskRun that was created with our labels and is of no run: it lost them. */
export const FREED_ANNOTATION = `${KEY_PREFIX}freed`;
export const FREED_FROM_COPY = "copied";

/** On a run that was let go without a placeholder: not another gate lifted its Pending, so it is not held again. */
export const LET_GO_ANNOTATION = `${KEY_PREFIX}let-go`;
export const WITHOUT_AFFINITY = "without-affinity";

/**
 * When a hold was taken over from another gate (RFC 3339): from then on a run's placement-timeout counts. Stamped
 * once, at that admission; without it the clock began when the run was created.
 */
export const HELD_SINCE_ANNOTATION = `${KEY_PREFIX}held-since`;

/** On a run that brought the label of a queue along: whether a queue is there that takes it, only that queue can tell. */
export const QUEUE_BROUGHT_ANNOTATION = `${KEY_PREFIX}came-with-queue`;

/** What Kueue makes for a run that it queues, and the label by which it says for which one. */
export const WORKLOADS = {
  group: "kueue.x-k8s.io",
  plural: "workloads",
  versions: ["v1beta2", "v1beta1"],
} as const;
export const WORKLOAD_JOB_LABEL = "kueue.x-k8s.io/job-uid";

/**
 * By it a controller says to Kueue that it gates its pods itself. Kueue then leaves the StatefulSet alone (neither label nor
 * rules for updates, managedByAnotherFramework of pkg/controller/jobs/statefulset), and puts only its gates on the pod.
 */
export const GATED_BY_ANNOTATION = "kueue.x-k8s.io/pod-suspending-parent";
/** What its scheduling gates and its finalizer on pods begin with. */
export const KUEUE_PREFIX = "kueue.x-k8s.io/";

/** On a large run: which controllers have begun to work out its demand, see controller/attempts.ts. */
export const ATTEMPTS_ANNOTATION = `${KEY_PREFIX}attempts`;

/**
 * The run's own name, stamped with the placeholder's label and inherited like it: what belongs to a
 * child run names its root by this.
 */
export const ROOT_ANNOTATION = `${KEY_PREFIX}run`;

/** On a placeholder's StatefulSet, as JSON: what it keeps for its run, see room/reservation.ts. */
export const RESERVATION_ANNOTATION = `${KEY_PREFIX}reservation`;
/** On a placeholder's StatefulSet, as JSON: what no look at the cluster can tell, see placement/record.ts. */
export const RECORD_ANNOTATION = `${KEY_PREFIX}record`;

/**
 * Stamped with the placeholder's label, and inherited like it: the key of the node label within whose one value the run's
 * pods are placed. It is what was decided when the placeholder was made; the choice `topology-key` on a Pipeline, which
 * Tekton copies to a run and its pods later, does not count.
 */
export const WITHIN_ANNOTATION = `${KEY_PREFIX}within`;

export const APP_GROUP = "app.kubernetes.io/";
/** Labels of https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const APP_NAME_LABEL = "app.kubernetes.io/name";
export const APP_NAME = "pipelinerun-pod-affinity";
export const INSTANCE_LABEL = "app.kubernetes.io/instance";
export const COMPONENT_LABEL = "app.kubernetes.io/component";
export const PLACEHOLDER_COMPONENT = "placeholder";

/** Tekton labels each of its pods with it, see default-managed-by-label-value in its ConfigMap config-defaults. */
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
/** DefaultManagedByLabelValue of Tekton's pkg/apis/config/default.go. */
export const TEKTON_MANAGED_BY = "tekton-pipelines";

/** What every placeholder, and nothing else, is labelled with. */
export const PLACEHOLDER_LABELS = {
  [APP_NAME_LABEL]: APP_NAME,
  [COMPONENT_LABEL]: PLACEHOLDER_COMPONENT,
} as const;
export const PLACEHOLDER_SELECTOR = Object.entries(PLACEHOLDER_LABELS)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");

export const HOSTNAME_TOPOLOGY = "kubernetes.io/hostname";

/** Tekton's label on each TaskRun, pod and child run: the PipelineRun that made it. */
export const TEKTON_PIPELINE_RUN_LABEL = "tekton.dev/pipelineRun";
/** Tekton's label on each pod, since v0.63: the UID of that PipelineRun. */
export const TEKTON_PIPELINE_RUN_UID_LABEL = "tekton.dev/pipelineRunUID";
/** Tekton's label on TaskRuns, their pods and child runs: the task of the pipeline that they are. */
export const TEKTON_PIPELINE_TASK_LABEL = "tekton.dev/pipelineTask";
export const TEKTON_TASK_RUN_LABEL = "tekton.dev/taskRun";
export const TEKTON_GROUP = "tekton.dev";
/** The value of `spec.status` that holds a run that has not started. */
export const PENDING = "PipelineRunPending";
/** The value of `spec.status` that ends a run without starting anything more of it. */
export const CANCELLED = "Cancelled";
/** The value of `spec.managedBy` that leaves a run to Tekton's own controller. */
export const TEKTON_MANAGER = "tekton.dev/pipeline";
/** Set by users on a PipelineRun. Only the exact value "true" has its claims deleted, see placement/made-claims.ts. */
export const AUTO_CLEANUP_ANNOTATION = "tekton.dev/auto-cleanup-pvc";
export const AUTO_CLEANUP = "true";
/** Kubernetes' own finalizer on claims: it stays while there is a pod that uses the claim, one that has ended included. */
export const CLAIM_PROTECTION = "kubernetes.io/pvc-protection";
/** The ConfigMap, in Tekton's namespace, that switches its own Affinity Assistant. */
export const FEATURE_FLAGS = "feature-flags";
/** The ConfigMap, in Tekton's namespace, with what counts where runs and tasks say nothing themselves. */
export const CONFIG_DEFAULTS = "config-defaults";
