/** Compares what the chart grants with what the end-to-end tests used, and says so in a table. */
import { splitRules } from "../chart/rules";
import packageJson from "../package.json";
import { RELEASE } from "../testbed/operator-names";
import type { Use } from "../testbed/audit";
import { notedUses } from "./rbac-uses";

/** The job that runs before the chart is deleted may do this for as long as it runs. */
const WHILE_UNINSTALLING = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map(
  resource => ({ apiGroups: ["admissionregistration.k8s.io"], resources: [resource], verbs: ["delete"] }),
);

const key = ({ account, verb, apiGroup, resource }: Use): string =>
  `${account} ${verb} ${resource}${apiGroup === "" ? "" : `.${apiGroup}`}`;

function granted(): string[] {
  const { admission, controller } = splitRules(packageJson.pepr.rbac);
  const rules = {
    admission: [...admission.cluster, ...admission.own],
    controller: [...controller.cluster, ...controller.own, ...WHILE_UNINSTALLING],
  };
  return Object.entries(rules).flatMap(([component, list]) =>
    list.flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap(apiGroup =>
        resources.flatMap(resource =>
          verbs.map(verb => key({ account: `${RELEASE}-${component}`, verb, apiGroup, resource })),
        ),
      ),
    ),
  );
}

async function main(): Promise<void> {
  const uses = await notedUses();
  const used = new Set(uses.filter(({ denied }) => denied === undefined).map(key));
  const all = [...new Set([...granted(), ...used])].sort();
  const problems = uses.flatMap(use =>
    use.denied === undefined ? [] : [`denied: ${key(use)}: ${use.denied}`],
  );
  for (const permission of all) {
    const isGranted = granted().includes(permission);
    console.log(
      `${isGranted ? "granted" : "-      "} ${used.has(permission) ? "used" : "-   "} ${permission}`,
    );
    if (isGranted && !used.has(permission)) problems.push(`granted, but not used: ${permission}`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

void main();
