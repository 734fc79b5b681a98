/**
 * Labels by which other gates, queueing controllers, say that a run is theirs to start. Both gates have one field,
 * spec.status, so where both set it in one admission no look at it tells whose it is.
 */
import type { PipelineRun } from "../tekton/objects";
import { listed } from "../choices/lists";

/** As the setting has it: the key alone, whatever its value; or key=value, for as long as the label has that value. */
export interface GateLabel {
  key: string;
  value: string | undefined;
}

const known = new Map<string, GateLabel[]>();

export function gateLabels(setting: string): readonly GateLabel[] {
  const found = known.get(setting);
  if (found !== undefined) return found;
  const labels = listed(setting).map(text => {
    const [key, value] = text.split("=");
    return { key: key!, value };
  });
  known.set(setting, labels);
  return labels;
}

/** The first of the labels that the run has. */
export function gateLabelOf({ metadata }: PipelineRun, setting: string): GateLabel | undefined {
  return gateLabels(setting).find(({ key, value }) => {
    const found = metadata?.labels?.[key];
    return found !== undefined && found !== "" && (value === undefined || found === value);
  });
}
