/**
 * Conditions in CEL, as far as they are plain: literals, comparisons, `in`, && || ! and ?:, and a few functions of
 * strings. Of anything else the outcome is not known. https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */
type Value = string | number | boolean | null | Value[];
/** Not known: what cannot be reckoned, and what CEL calls an error. */
type Outcome = Value | undefined;

const LONGEST = 10_000;
const DEEPEST = 30;
const TOKEN =
  /\s*(?:("(?:[^"\\\n]|\\["'\\nt])*"|'(?:[^'\\\n]|\\["'\\nt])*')|(\d+)(?![\w.])|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||[<>!?:()[\],.]))/y;

class Malformed extends Error {}

interface Token {
  kind: "string" | "number" | "name" | "sign";
  text: string;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t" };
const unescaped = (literal: string): string =>
  literal.slice(1, -1).replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end; ) {
    const [, string, number, name, sign] = TOKEN.exec(text) ?? [];
    if (string !== undefined) tokens.push({ kind: "string", text: unescaped(string) });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else throw new Malformed();
  }
  return tokens;
}

/** Only what has one kind can be compared. */
function isEqual(one: Outcome, other: Outcome): boolean | undefined {
  if (one === undefined || other === undefined || Array.isArray(one) || Array.isArray(other))
    return undefined;
  return typeof one === typeof other ? one === other : undefined;
}

function isAmong(value: Outcome, list: Outcome): boolean | undefined {
  if (!Array.isArray(list)) return undefined;
  const outcomes = list.map(item => isEqual(value, item));
  return outcomes.includes(true) ? true : outcomes.includes(undefined) ? undefined : false;
}

function compared(sign: string, one: Outcome, other: Outcome): boolean | undefined {
  const equal = isEqual(one, other);
  if (sign === "==" || equal === undefined) return equal;
  if (sign === "!=") return !equal;
  if (typeof one !== "number" || typeof other !== "number") return undefined;
  if (sign === "<") return one < other;
  if (sign === ">") return one > other;
  return sign === "<=" ? one <= other : one >= other;
}

/** An outcome that decides by itself does so even beside one that is not known. */
function joined(sign: "&&" | "||", one: Outcome, other: Outcome): boolean | undefined {
  const decisive = sign === "||";
  if (one === decisive || other === decisive) return decisive;
  return typeof one === "boolean" && typeof other === "boolean" ? !decisive : undefined;
}

function called(name: string, on: Outcome, args: Outcome[]): Outcome {
  const [arg] = args;
  if (name === "size" && args.length === 0) {
    if (Array.isArray(on)) return on.length;
    return typeof on === "string" ? [...on].length : undefined;
  }
  if (typeof on !== "string" || typeof arg !== "string" || args.length !== 1) return undefined;
  if (name === "startsWith") return on.startsWith(arg);
  if (name === "endsWith") return on.endsWith(arg);
  return name === "contains" ? on.includes(arg) : undefined;
}

const LITERALS: Record<string, Value> = { true: true, false: false, null: null };
const COMPARISONS = ["==", "!=", "<=", ">=", "<", ">", "in"];

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  all(): Outcome {
    const outcome = this.choice();
    if (this.at < this.tokens.length) throw new Malformed();
    return outcome;
  }

  private takes(...texts: string[]): string | undefined {
    const token = this.tokens[this.at];
    if (token === undefined || token.kind === "string" || !texts.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }

  private needs(text: string): void {
    if (this.takes(text) === undefined) throw new Malformed();
  }

  private choice(): Outcome {
    if (++this.depth > DEEPEST) throw new Malformed();
    let outcome = this.joinedBy("||", () => this.joinedBy("&&", () => this.comparison()));
    if (this.takes("?")) {
      const yes = this.choice();
      this.needs(":");
      const no = this.choice();
      outcome = outcome === true ? yes : outcome === false ? no : undefined;
    }
    this.depth--;
    return outcome;
  }

  private joinedBy(sign: "&&" | "||", part: () => Outcome): Outcome {
    let outcome = part();
    while (this.takes(sign)) outcome = joined(sign, outcome, part());
    return outcome;
  }

  private comparison(): Outcome {
    let outcome = this.negation();
    for (let sign = this.takes(...COMPARISONS); sign !== undefined; sign = this.takes(...COMPARISONS)) {
      const other = this.negation();
      outcome = sign === "in" ? isAmong(outcome, other) : compared(sign, outcome, other);
    }
    return outcome;
  }

  private negation(): Outcome {
    let count = 0;
    while (this.takes("!")) count++;
    const outcome = this.member();
    if (count === 0) return outcome;
    return typeof outcome === "boolean" ? outcome === (count % 2 === 0) : undefined;
  }

  private member(): Outcome {
    let outcome = this.primary();
    while (this.takes(".")) {
      const name = this.tokens[this.at++];
      if (name?.kind !== "name") throw new Malformed();
      outcome = this.takes("(") ? called(name.text, outcome, this.list(")")) : undefined;
    }
    return outcome;
  }

  private primary(): Outcome {
    if (this.takes("(")) {
      const outcome = this.choice();
      this.needs(")");
      return outcome;
    }
    if (this.takes("[")) {
      const items = this.list("]");
      return items.includes(undefined) ? undefined : (items as Value[]);
    }
    const token = this.tokens[this.at++];
    if (token === undefined || token.kind === "sign") throw new Malformed();
    if (token.kind === "string") return token.text;
    if (token.kind === "number") return Number.isSafeInteger(+token.text) ? +token.text : undefined;
    if (Object.hasOwn(LITERALS, token.text)) return LITERALS[token.text];
    if (this.takes("(")) {
      const args = this.list(")");
      return token.text === "size" && args.length === 1 ? called("size", args[0], []) : undefined;
    }
    return undefined;
  }

  private list(end: string): Outcome[] {
    const items: Outcome[] = [];
    if (this.takes(end)) return items;
    do items.push(this.choice());
    while (this.takes(","));
    this.needs(end);
    return items;
  }
}

/** @returns undefined when the outcome is not known, or no boolean */
export function evaluateCel(text: string): boolean | undefined {
  if (text.length > LONGEST) return undefined;
  try {
    const outcome = new Reader(tokensOf(text)).all();
    return typeof outcome === "boolean" ? outcome : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
