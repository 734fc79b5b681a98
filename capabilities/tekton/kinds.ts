/** What Pepr's bindings are declared on. Apart from the objects' fields, as these alone need the client of Pepr. */
import { GenericKind } from "kubernetes-fluent-client";
import type { PipelineRunSpec } from "./objects";

/** tekton.dev/v1 is the version that is stored. */
export class PipelineRunV1 extends GenericKind {
  declare spec?: PipelineRunSpec;
}
export class PipelineRunV1Beta1 extends GenericKind {
  declare spec?: PipelineRunSpec;
}
export class TaskRunV1 extends GenericKind {}
export class TaskRunV1Beta1 extends GenericKind {}
