/** Whether what was sent to admission is an AdmissionReview that can be answered. */

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The form is that of https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/
 *
 * @param body what the JSON text of a request stands for
 * @returns what is wrong with it, naming the field, what it is and what it must be; undefined when nothing is
 */
export function reviewProblem(body: unknown): string | undefined {
  if (!isObject(body)) return "an AdmissionReview, a JSON object, is expected";
  const { request } = body;
  if (!isObject(request)) return "request must be an object";
  for (const field of ["uid", "operation"]) {
    if (typeof request[field] !== "string") return `request.${field} must be a string`;
  }
  if (!isObject(request["kind"]) || typeof request["kind"]["kind"] !== "string") {
    return "request.kind must be an object with group, version and kind";
  }
  const subject = request["operation"] === "DELETE" ? "oldObject" : "object";
  const object = request[subject];
  if (!isObject(object) || !isObject(object["metadata"])) {
    return `request.${subject} must be an object with metadata, as the operation is ${String(request["operation"])}`;
  }
  return undefined;
}
