/** Compares what the chart grants with what the end-to-end tests used, and says so in a table. */
import { splitRules } from "../chart/rules";
import packageJson from "../package.json";
import type { Use } from "../testbed/audit";
import { RELEASE } from "../testbed/operator-names";
import { notedUses } from "./rbac-uses";
import { comparePermissions, type Permission } from "./rbac-table";

/** The job that runs before the chart is deleted may do this for as long as it runs. */
const WHILE_UNINSTALLING = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map(
  resource => ({ apiGroups: ["admissionregistration.k8s.io"], resources: [resource], verbs: ["delete"] }),
);

/** The account of `helm test`, for as long as that runs. */
const WHILE_TESTING = [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["create"] }];

/** Where the setting disruptionBudget asks for it. */
const WITH_BUDGETS = { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["create"] };

/** Tests that do not come to these have not seen the operator at work. */
const LEAST_USED = [
  "admission get namespaces",
  "controller create events",
  "controller patch events",
  "controller create leases.coordination.k8s.io",
  "controller update leases.coordination.k8s.io",
  "controller create statefulsets.apps",
  "controller patch statefulsets.apps",
  "controller delete statefulsets.apps",
  "controller patch pipelineruns.tekton.dev",
  "controller watch pipelineruns.tekton.dev",
  "controller watch pods",
  "controller delete pods",
  "controller patch pods/resize",
  "controller patch persistentvolumeclaims",
  "controller delete persistentvolumeclaims",
  "controller create priorityclasses.scheduling.k8s.io",
  "controller list priorityclasses.scheduling.k8s.io",
  "controller delete mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "controller delete validatingwebhookconfigurations.admissionregistration.k8s.io",
];

const permission = ({ account, verb, apiGroup, resource }: Omit<Use, "denied">): Permission =>
  `${account.replace(`${RELEASE}-`, "")} ${verb} ${resource}${apiGroup === "" ? "" : `.${apiGroup}`}`;

function granted(): Permission[] {
  const { admission, controller } = splitRules(packageJson.pepr.rbac);
  const rules = {
    admission: [...admission.cluster, ...admission.own],
    controller: [...controller.cluster, ...controller.own, ...WHILE_UNINSTALLING, WITH_BUDGETS],
    test: WHILE_TESTING,
  };
  return Object.entries(rules).flatMap(([account, list]) =>
    list.flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap(apiGroup =>
        resources.flatMap(resource => verbs.map(verb => permission({ account, verb, apiGroup, resource }))),
      ),
    ),
  );
}

async function main(): Promise<void> {
  const uses = await notedUses();
  const isDenied = ({ denied }: Use) => denied !== undefined;
  const { table, problems } = comparePermissions({
    granted: granted(),
    used: uses.filter(use => !isDenied(use)).map(permission),
    denied: uses.filter(isDenied).map(use => `${permission(use)} (${use.denied})`),
    least: LEAST_USED,
  });
  console.log(table);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

void main();
