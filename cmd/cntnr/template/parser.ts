import { lex, type Piece, type Token, templateError } from "./lexer.ts";

export type Operand =
  | { readonly kind: "dot" }
  | { readonly kind: "literal"; readonly value: string | number | boolean | undefined }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "pipeline"; readonly pipeline: Pipeline }
  | { readonly kind: "field"; readonly of: Operand; readonly name: string };

/** A function or a method with its arguments, or a value alone. */
export type Command = readonly [Operand, ...Operand[]];

export interface Pipeline {
  /** Variables that get the value: two in a range with an index. */
  readonly assigned: readonly string[];
  /** `:=` makes new variables, `=` changes those there are. */
  readonly declares: boolean;
  readonly commands: readonly Command[];
  /** As it was written, for messages. */
  readonly source: string;
}

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly pipeline: Pipeline }
  | Block
  | { readonly kind: "break" | "continue" };

export interface Block {
  readonly kind: "if" | "with" | "range";
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Parses a template. Throws UsageError. */
export function parse(template: string): readonly Node[] {
  const parser = new Parser(lex(template));
  const nodes = parser.nodes();
  parser.expectEnd();
  return nodes;
}

class Parser {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** Up to an `end` or `else`, which is left. */
  nodes(): Node[] {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#at]; piece; piece = this.#pieces[this.#at]) {
      if (piece.kind === "text") {
        nodes.push(piece);
        this.#at++;
        continue;
      }
      const keyword = keywordOf(piece.tokens);
      if (keyword === "end" || keyword === "else") break;
      this.#at++;
      nodes.push(this.#action(piece.tokens, keyword, piece.source));
    }
    return nodes;
  }

  expectEnd(): void {
    const piece = this.#pieces[this.#at];
    if (piece?.kind === "action") throw templateError(`{{${piece.source}}} without a beginning`);
  }

  #action(tokens: readonly Token[], keyword: string | undefined, source: string): Node {
    switch (keyword) {
      case "if":
      case "with":
      case "range":
        return this.#block(keyword, tokens.slice(1), source);
      case "break":
      case "continue":
        return { kind: keyword };
      case "define":
      case "template":
      case "block":
        throw templateError(`{{${source}}}: ${keyword} is not supported`);
      default:
        return { kind: "output", pipeline: parsePipeline(tokens, source) };
    }
  }

  #block(kind: Block["kind"], tokens: readonly Token[], source: string): Block {
    const pipeline = parsePipeline(tokens, source);
    const body = this.nodes();
    const closing = this.#pieces[this.#at++];
    if (closing?.kind !== "action") throw templateError(`{{${source}}} without an {{end}}`);
    if (keywordOf(closing.tokens) === "end") return { kind, pipeline, body, otherwise: [] };
    const [, next, ...condition] = closing.tokens;
    if (next?.kind === "word" && (next.name === "if" || next.name === "with"))
      return { kind, pipeline, body, otherwise: [this.#block(next.name, condition, closing.source)] };
    const otherwise = this.nodes();
    const end = this.#pieces[this.#at++];
    if (end?.kind !== "action" || keywordOf(end.tokens) !== "end")
      throw templateError(`{{${source}}} without an {{end}}`);
    return { kind, pipeline, body, otherwise };
  }
}

const keywords = ["if", "with", "range", "else", "end", "break", "continue", "define", "template", "block"];

function keywordOf([first]: readonly Token[]): string | undefined {
  return first?.kind === "word" && keywords.includes(first.name) ? first.name : undefined;
}

function parsePipeline(tokens: readonly Token[], source: string): Pipeline {
  const reader = new TokenReader(tokens, source);
  const pipeline = reader.pipeline();
  reader.expectEnd();
  return pipeline;
}

class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  #at = 0;

  constructor(tokens: readonly Token[], source: string) {
    this.#tokens = tokens;
    this.#source = source;
  }

  pipeline(): Pipeline {
    const { assigned, declares } = this.#assignment();
    const commands: Command[] = [this.#command()];
    while (this.#isSign("|")) {
      this.#at++;
      commands.push(this.#command());
    }
    return { assigned, declares, commands, source: this.#source };
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length)
      throw templateError(`{{${this.#source}}}: unexpected words at its end`);
  }

  #assignment(): Pick<Pipeline, "assigned" | "declares"> {
    const names: string[] = [];
    for (let at = this.#at; ; at += 2) {
      const variable = this.#tokens[at];
      const sign = this.#tokens[at + 1];
      if (variable?.kind !== "variable" || sign?.kind !== "sign") break;
      if (sign.name !== "," && sign.name !== ":=" && sign.name !== "=") break;
      names.push(variable.name);
      if (sign.name === ",") continue;
      this.#at = at + 2;
      return { assigned: names, declares: sign.name === ":=" };
    }
    return { assigned: [], declares: false };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (let operand = this.#operand(); operand; operand = this.#operand()) operands.push(operand);
    const [first, ...rest] = operands;
    if (!first) throw templateError(`{{${this.#source}}}: a value is missing`);
    return [first, ...rest];
  }

  #operand(): Operand | undefined {
    let operand = this.#primary();
    if (!operand) return undefined;
    for (let token = this.#tokens[this.#at]; token?.kind === "field" && token.chained; ) {
      operand = { kind: "field", of: operand, name: token.name };
      token = this.#tokens[++this.#at];
    }
    return operand;
  }

  #primary(): Operand | undefined {
    const token = this.#tokens[this.#at];
    if (!token) return undefined;
    switch (token.kind) {
      case "field":
        this.#at++;
        return { kind: "field", of: { kind: "dot" }, name: token.name };
      case "variable":
        this.#at++;
        return { kind: "variable", name: token.name };
      case "literal":
        this.#at++;
        return { kind: "literal", value: token.value };
      case "word":
        this.#at++;
        return wordOperand(token.name);
      case "sign":
        return this.#signOperand(token.name);
    }
  }

  #signOperand(name: string): Operand | undefined {
    if (name === ".") {
      this.#at++;
      return { kind: "dot" };
    }
    if (name !== "(") return undefined;
    this.#at++;
    const pipeline = this.pipeline();
    if (!this.#isSign(")")) throw templateError(`{{${this.#source}}}: a parenthesis is not closed`);
    this.#at++;
    return { kind: "pipeline", pipeline };
  }

  #isSign(name: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === "sign" && token.name === name;
  }
}

function wordOperand(name: string): Operand {
  if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
  if (name === "nil") return { kind: "literal", value: undefined };
  return { kind: "function", name };
}
