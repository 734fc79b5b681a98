/**
 * What of a pod template is not known in advance, or is such that the API server will refuse the pod. The placeholder
 * takes over none of it: it would be refused as well, and its run be held for ever.
 */
import type { V1Affinity, V1NodeSelectorTerm } from "@kubernetes/client-node";
import { isObject, objectOf, objectsOf, textOf } from "../../demand/untrusted";
import type { FullTemplate } from "./effective";
import { referencesIn } from "./replacements";
import {
  isLabelKey,
  isLabelValue,
  isSubdomain,
  isValidConstraint,
  isValidExpression,
  isValidField,
  isValidTerm,
  isValidToleration,
  isValidWeight,
} from "./valid";

export interface LeftOut {
  /** The field with what stands there: `nodeSelector disk=$(params.disk)`. */
  what: string;
  why: "unknown" | "refused";
}

export interface Readable {
  template: FullTemplate;
  leftOut: LeftOut[];
}

const MOST_SHOWN = 120;

/** Reads one pod template, and keeps what it leaves out. */
class Reader {
  readonly leftOut: LeftOut[] = [];

  /** @param isRaw whether a reference is one that Tekton will leave as it is */
  constructor(private readonly isRaw: (reference: string) => boolean) {}

  private leave(what: string, why: LeftOut["why"]): false {
    this.leftOut.push({ what: what.length > MOST_SHOWN ? `${what.slice(0, MOST_SHOWN)}…` : what, why });
    return false;
  }

  /** Whether it can be taken over. */
  takes(field: string, value: unknown, isValid = true): boolean {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (text.includes("$(")) {
      const isRefused = referencesIn(value).some(this.isRaw);
      return this.leave(`${field} ${text}`, isRefused ? "refused" : "unknown");
    }
    return isValid || this.leave(`${field} ${text}`, "refused");
  }

  name(field: string, value: unknown, isValid: (name: string) => boolean): string | undefined {
    const name = textOf(value);
    return name !== undefined && this.takes(field, name, isValid(name)) ? name : undefined;
  }

  /** Without an expression a term is met by more nodes, and without any, by each. */
  private term(field: string, term: V1NodeSelectorTerm): V1NodeSelectorTerm | "any node" {
    const expressions = objectsOf(term.matchExpressions);
    const fields = objectsOf(term.matchFields);
    const keptExpressions = expressions.filter(item => this.takes(field, item, isValidExpression(item)));
    const keptFields = fields.filter(item => this.takes(field, item, isValidField(item)));
    const isEmptied =
      keptExpressions.length + keptFields.length === 0 && expressions.length + fields.length > 0;
    if (isEmptied) return "any node";
    return {
      ...(keptExpressions.length > 0 && { matchExpressions: keptExpressions }),
      ...(keptFields.length > 0 && { matchFields: keptFields }),
    };
  }

  private nodeAffinity(affinity: V1Affinity["nodeAffinity"]): V1Affinity["nodeAffinity"] {
    const { requiredDuringSchedulingIgnoredDuringExecution: required } = objectOf(affinity) ?? {};
    const preferred = objectsOf(affinity?.preferredDuringSchedulingIgnoredDuringExecution).filter(item =>
      this.takes("preferred nodeAffinity", item, isValidWeight(item.weight) && isObject(item.preference)),
    );
    const items = objectsOf(objectOf(required)?.nodeSelectorTerms);
    if (required && items.length === 0) {
      this.leave("required nodeAffinity without nodeSelectorTerms", "refused");
    }
    const terms = items.map(item => this.term("nodeAffinity", item));
    const isAny = terms.length === 0 || terms.includes("any node");
    return {
      ...(!isAny && {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms as V1NodeSelectorTerm[] },
      }),
      ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
    };
  }

  private podAffinity(affinity: V1Affinity | undefined, kind: "podAffinity" | "podAntiAffinity") {
    const terms = objectOf(affinity?.[kind]);
    const required = objectsOf(terms?.requiredDuringSchedulingIgnoredDuringExecution).filter(term =>
      this.takes(kind, term, isValidTerm(term)),
    );
    const preferred = objectsOf(terms?.preferredDuringSchedulingIgnoredDuringExecution).filter(item =>
      this.takes(`preferred ${kind}`, item, isValidWeight(item.weight) && isValidTerm(item.podAffinityTerm)),
    );
    return {
      ...(required.length > 0 && { requiredDuringSchedulingIgnoredDuringExecution: required }),
      ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
    };
  }

  affinity(affinity: V1Affinity | undefined): V1Affinity {
    return {
      nodeAffinity: this.nodeAffinity(affinity?.nodeAffinity),
      podAffinity: this.podAffinity(affinity, "podAffinity"),
      podAntiAffinity: this.podAffinity(affinity, "podAntiAffinity"),
    };
  }
}

/**
 * The fields that decide where a pod may run, without what cannot be taken over.
 *
 * @param isRaw whether Tekton will leave a reference such as `$(params.x)` as it is
 */
export function readable(template: FullTemplate, isRaw: (reference: string) => boolean): Readable {
  const reader = new Reader(isRaw);
  const selector = Object.entries(objectOf(template.nodeSelector) ?? {});
  const names = ["schedulerName", "runtimeClassName", "priorityClassName"] as const;
  const isName = (field: string) => (field === "schedulerName" ? () => true : isSubdomain);
  if (template.runtimeClassName === "") reader.leftOut.push({ what: `runtimeClassName ""`, why: "refused" });
  const named = names.flatMap(field => {
    const name = reader.name(field, template[field], isName(field));
    return name === undefined ? [] : [[field, name]];
  });
  return {
    template: {
      nodeSelector: Object.fromEntries(
        selector.filter(([key, value]) =>
          reader.takes("nodeSelector", `${key}=${value}`, isLabelKey(key) && isLabelValue(value)),
        ),
      ),
      tolerations: objectsOf(template.tolerations).filter(item =>
        reader.takes("toleration", item, isValidToleration(item)),
      ),
      affinity: reader.affinity(objectOf(template.affinity)),
      // Kubernetes takes any name here.
      imagePullSecrets: objectsOf(template.imagePullSecrets).filter(
        ({ name }) => textOf(name) !== undefined && !name!.includes("$("),
      ),
      topologySpreadConstraints: objectsOf(template.topologySpreadConstraints).filter(item =>
        reader.takes("topologySpreadConstraint", item, isValidConstraint(item)),
      ),
      ...(Object.fromEntries(named) as Pick<FullTemplate, (typeof names)[number]>),
    },
    leftOut: reader.leftOut,
  };
}
