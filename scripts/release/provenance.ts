/** What a release was made of and with: enough to make it again and to compare. */

export interface Origin {
  name: string;
  version: string;
  /** Of the sources. */
  commit: string;
  /** Whether anything was not committed. */
  isDirty: boolean;
  repository: string | undefined;
  /** Programs that decide about the bytes, with their versions. */
  tools: Record<string, string>;
  /** SHA-256 of package-lock.json, which names each package by its own digest. */
  lockFile: string;
}

/** As JSON, with the commands that make it again. */
export function provenance(origin: Origin): string {
  const { repository, commit, isDirty, ...rest } = origin;
  const notes = {
    ...rest,
    sources: { ...(repository !== undefined && { repository }), commit, isDirty },
    madeBy: ["npm ci", "npm run release -- --dry-run"],
    comparedWith: "sha256sum --check SHA256SUMS",
  };
  return `${JSON.stringify(notes, undefined, 2)}\n`;
}

/** What a release would be refused for, in words. */
export function problems(
  { version, isDirty }: Origin,
  changelog: string,
  tagsOfCommit: readonly string[],
): string[] {
  const heading = changelog.split("\n").find(line => line.startsWith(`## ${version}`));
  return [
    ...(isDirty ? ["there are changes that are not committed"] : []),
    ...(tagsOfCommit.includes(`v${version}`) ? [] : [`the commit has no tag v${version}`]),
    ...(heading === undefined ? [`CHANGELOG.md has no section of ${version}`] : []),
    ...(heading?.includes("unreleased")
      ? [`CHANGELOG.md calls ${version} unreleased: its date has to stand there`]
      : []),
  ];
}
