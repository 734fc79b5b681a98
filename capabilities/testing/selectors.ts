/** Which objects a list or watch is about, as the API server chooses them; for tests. */
import type { V1ObjectMeta } from "@kubernetes/client-node";

/** Selectors of labels with their value, or of labels that are there. */
export function isChosen({ metadata }: { metadata?: V1ObjectMeta }, selector = ""): boolean {
  return selector
    .split(",")
    .filter(Boolean)
    .every(part => {
      const [key, value] = part.split("=");
      const found = metadata?.labels?.[key!];
      return value === undefined ? found !== undefined : found === value;
    });
}
