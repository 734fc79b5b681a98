/**
 * What decisions and changes need of a placeholder's StatefulSet. Where it may go was decided when it was made, and is
 * read back from its template and record when these change: see placement/placeholder-template.ts.
 */
import type { V1Affinity, V1ObjectMeta, V1StatefulSet } from "@kubernetes/client-node";
import { PLACEHOLDER_LABEL, RECORD_ANNOTATION, RESERVATION_ANNOTATION } from "../keys";
import { recordOf } from "../placement/record";
import { picked, slimMetadata, upTo } from "./slim-metadata";
import { MOST_CONTAINER_CHARACTERS, slimContainer, slimVolumes } from "./slim-pod";

/**
 * Of affinity, tolerations, claims and record, as JSON. Of a longer one only what each look asks for is kept, and the StatefulSet is
 * read where it changes, see hasWholeTemplate.
 */
const MOST_TEMPLATE_CHARACTERS = 16 * 1024;

const cut = new WeakSet<V1StatefulSet>();

/** Whether all that changes of its template and record need is there. */
export const hasWholeTemplate = (statefulSet: V1StatefulSet): boolean => !cut.has(statefulSet);

/** The terms that tell whose pods it joins. */
function ownTerms(affinity: V1Affinity | undefined): V1Affinity {
  const terms = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const own = terms.filter(({ labelSelector }) => labelSelector?.matchLabels?.[PLACEHOLDER_LABEL]);
  return { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: own } };
}

const isOurs = (key: string): boolean => key === RECORD_ANNOTATION || key === RESERVATION_ANNOTATION;

function shortRecord(statefulSet: V1StatefulSet): string {
  const { nearness: _, ...record } = recordOf(statefulSet);
  return JSON.stringify(record);
}

export const slimStatefulSetMetadata = (metadata: V1ObjectMeta | undefined): V1ObjectMeta => ({
  ...slimMetadata(metadata),
  // Its writes are guarded by it.
  generation: metadata?.generation,
  annotations: picked(metadata?.annotations, isOurs),
});

export function slimStatefulSet(statefulSet: V1StatefulSet): V1StatefulSet {
  const { metadata, spec } = statefulSet;
  const { affinity, tolerations, volumes, containers = [] } = spec?.template.spec ?? {};
  const claims = slimVolumes(volumes);
  const slimmed = slimStatefulSetMetadata(metadata);
  const { annotations } = slimmed;
  const template = { affinity, tolerations, volumes: claims, record: annotations?.[RECORD_ANNOTATION] };
  const isShort = JSON.stringify(template).length <= MOST_TEMPLATE_CHARACTERS;
  const slim: V1StatefulSet = {
    metadata: slimmed,
    spec: {
      selector: {},
      serviceName: "",
      template: {
        spec: {
          affinity: isShort ? affinity : ownTerms(affinity),
          containers: upTo(MOST_CONTAINER_CHARACTERS, containers.map(slimContainer)),
        },
      },
    },
  };
  if (isShort && claims !== undefined) slim.spec!.template.spec!.volumes = claims;
  // Of too many it is not known where its run's pods may not go.
  const tolerated = isShort ? tolerations : [{ operator: "Exists" }];
  if (tolerated !== undefined && tolerated.length > 0) slim.spec!.template.spec!.tolerations = tolerated;
  if (!isShort) {
    if (template.record !== undefined) annotations![RECORD_ANNOTATION] = shortRecord(statefulSet);
    cut.add(slim);
  }
  return slim;
}
