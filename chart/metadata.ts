/** Chart.yaml: what people and Artifact Hub are told of the chart. */
import { stringify } from "yaml";
import { SETTINGS } from "../capabilities/choices/settings";

export interface Described {
  name: string;
  version: string;
  license: string;
  /** Where the sources are; left out where it is not known. */
  repository?: { url: string };
  pepr: { peprVersion: string };
}

interface Change {
  kind: string;
  description: string;
}

/** Kinds of change that Artifact Hub knows, by the headings of Keep a Changelog. */
const KINDS = ["added", "changed", "deprecated", "removed", "fixed", "security"];

/** What the changelog says of the version; nothing when it has no such section. */
export function changesOf(changelog: string, version: string): Change[] {
  const section = changelog.split(/^## /m).find(text => text.split(/[\s,]/)[0] === version);
  const parts = (section ?? "").split(/^### /m).slice(1);
  return parts.flatMap(part => {
    const [heading = "", ...lines] = part.split("\n");
    const kind = heading.trim().toLowerCase();
    if (!KINDS.includes(kind)) return [];
    const items = lines.join("\n").split(/^- /m).slice(1);
    return items.map(item => ({ kind, description: plain(item.split("\n\n")[0]!) }));
  });
}

/** Without links and line ends. */
const plain = (markdown: string): string =>
  markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();

/** Annotations of https://artifacthub.io/docs/topics/annotations/helm/ */
function annotations({ version, license, pepr }: Described, changelog: string): Record<string, string> {
  const images = [
    { name: "operator", image: `ghcr.io/defenseunicorns/pepr/controller:v${pepr.peprVersion}` },
    { name: "placeholder", image: SETTINGS.PLACEHOLDER_IMAGE.parse(undefined) },
  ];
  return {
    "pepr.dev/version": pepr.peprVersion,
    "artifacthub.io/license": license,
    "artifacthub.io/category": "integration-delivery",
    "artifacthub.io/operator": "true",
    "artifacthub.io/operatorCapabilities": "Seamless Upgrades",
    "artifacthub.io/images": stringify(images, { lineWidth: 0 }),
    "artifacthub.io/changes": stringify(changesOf(changelog, version), { lineWidth: 0 }),
  };
}

/** What is added to chart/package/Chart.yaml. */
export function chartMetadata(described: Described, changelog: string, icon: Buffer): string {
  const { version, repository } = described;
  return stringify({
    version,
    appVersion: version,
    // No host has to be asked for it.
    icon: `data:image/svg+xml;base64,${icon.toString("base64")}`,
    ...(repository !== undefined && { home: repository.url, sources: [repository.url] }),
    annotations: annotations(described, changelog),
  });
}
