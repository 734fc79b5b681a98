/** `why NAMESPACE/RUN` */
import { connect, type Where } from "../connection";
import { outputFormat } from "../terminal";
import { readFacts } from "./read";
import { whyObject, whyText } from "./text";

export interface WhyOptions extends Where {
  output: "text" | "json";
}

/** @param run NAME, or NAMESPACE/NAME */
export async function why(run: string, { output, ...where }: WhyOptions): Promise<void> {
  const connection = connect(where);
  const [name, namespace = connection.namespace] = run.split("/").reverse() as [string, string?];
  const facts = await readFacts(connection, { namespace, name });
  const now = new Date();
  console.log(
    output === "json"
      ? JSON.stringify(whyObject(facts, now), undefined, 2)
      : whyText(facts, now, outputFormat()),
  );
}
