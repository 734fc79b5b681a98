/** Whether accounts have the permissions that they use, and no others. */

/** `account verb resource.group`, a subresource as in `pods/resize`. */
export type Permission = string;

export interface Permissions {
  granted: readonly Permission[];
  used: readonly Permission[];
  /** With the reason in brackets. */
  denied: readonly string[];
  /** What must have been used, so that the tests say anything. */
  least: readonly Permission[];
}

const HEAD = ["account", "verb", "resource", "granted", "used"];

function tableOf(rows: string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map(row => row[column]!.length)));
  return [HEAD, ...rows]
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** @returns a table for people, and a sentence for each thing that is wrong */
export function comparePermissions({ granted, used, denied, least }: Permissions) {
  const all = [...new Set([...granted, ...used])].sort();
  const word = (list: readonly Permission[], one: Permission) => (list.includes(one) ? "yes" : "no");
  const rows = all.map(one => [...one.split(" "), word(granted, one), word(used, one)]);
  const problems = [
    ...denied.map(one => `denied: ${one}`),
    ...granted.filter(one => !used.includes(one)).map(one => `granted, but not used: ${one}`),
    ...used.filter(one => !granted.includes(one)).map(one => `used, but not granted here: ${one}`),
    ...least.filter(one => !used.includes(one)).map(one => `the tests must use it, and did not: ${one}`),
  ];
  return { table: tableOf(rows), problems: [...new Set(problems)] };
}
