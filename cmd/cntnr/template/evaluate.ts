import { functions } from "./functions.ts";
import { templateError } from "./lexer.ts";
import type { Block, Command, Node, Operand, Pipeline } from "./parser.ts";
import { entriesOf, isTrue, propertyOf, textOf } from "./values.ts";

/** Variables of one level, and where those around it are. */
class Scope {
  readonly #variables = new Map<string, unknown>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  declare(name: string, value: unknown): void {
    this.#variables.set(name, value);
  }

  assign(name: string, value: unknown): void {
    if (this.#variables.has(name)) this.#variables.set(name, value);
    else if (this.#outer) this.#outer.assign(name, value);
    else throw templateError(`there is no variable $${name}`);
  }

  get(name: string): unknown {
    if (this.#variables.has(name)) return this.#variables.get(name);
    if (this.#outer) return this.#outer.get(name);
    throw templateError(`there is no variable $${name}`);
  }
}

/** {{break}} and {{continue}} on their way to their range, with what its body had printed by then. */
class LoopEnd extends Error {
  constructor(
    readonly kind: "break" | "continue",
    readonly printed: string,
  ) {
    super(`{{${kind}}} outside of a range`);
  }
}

/** Prints `data` by a template. Throws UsageError. */
export function evaluate(nodes: readonly Node[], data: unknown): string {
  const scope = new Scope();
  scope.declare("", data);
  try {
    return evaluateNodes(nodes, data, scope);
  } catch (error) {
    throw error instanceof LoopEnd ? templateError(error.message) : error;
  }
}

function evaluateNodes(nodes: readonly Node[], dot: unknown, scope: Scope): string {
  let text = "";
  for (const node of nodes) {
    switch (node.kind) {
      case "text":
        text += node.text;
        break;
      case "output": {
        const value = pipelineValue(node.pipeline, dot, scope);
        if (node.pipeline.assigned.length === 0) text += textOf(value);
        break;
      }
      case "break":
      case "continue":
        throw new LoopEnd(node.kind, text);
      default:
        text += evaluateBlock(node, dot, scope, text);
    }
  }
  return text;
}

function evaluateBlock(block: Block, dot: unknown, scope: Scope, before: string): string {
  const inner = new Scope(scope);
  try {
    if (block.kind === "range") return evaluateRange(block, dot, inner);
    const value = pipelineValue(block.pipeline, dot, inner);
    if (!isTrue(value)) return evaluateNodes(block.otherwise, dot, inner);
    return evaluateNodes(block.body, block.kind === "with" ? value : dot, inner);
  } catch (error) {
    // It leaves this block, too, with what stood before it in the same body.
    if (error instanceof LoopEnd) throw new LoopEnd(error.kind, before + error.printed);
    throw error;
  }
}

function evaluateRange(block: Block, dot: unknown, scope: Scope): string {
  const { assigned, ...pipeline } = block.pipeline;
  const elements = elementsOf(
    pipelineValue({ ...pipeline, assigned: [] }, dot, scope),
    block.pipeline.source,
  );
  if (elements.length === 0) return evaluateNodes(block.otherwise, dot, scope);
  let text = "";
  for (const [key, value] of elements) {
    const inner = new Scope(scope);
    const [first, second] = assigned;
    if (first !== undefined) inner.declare(first, second === undefined ? value : key);
    if (second !== undefined) inner.declare(second, value);
    try {
      text += evaluateNodes(block.body, value, inner);
    } catch (error) {
      if (!(error instanceof LoopEnd)) throw error;
      text += error.printed;
      if (error.kind === "break") break;
    }
  }
  return text;
}

function elementsOf(value: unknown, source: string): (readonly [string | number, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((element, index) => [index, element] as const);
  if (typeof value === "object") return entriesOf(value);
  throw templateError(`{{${source}}}: a range over ${textOf(value)}, which has no elements`);
}

function pipelineValue(pipeline: Pipeline, dot: unknown, scope: Scope): unknown {
  let value: unknown;
  for (const [index, command] of pipeline.commands.entries())
    value = commandValue(command, index === 0 ? [] : [value], dot, scope, pipeline.source);
  for (const name of pipeline.assigned)
    if (pipeline.declares) scope.declare(name, value);
    else scope.assign(name, value);
  return value;
}

/** @param piped what comes through the pipe: the last argument */
function commandValue(
  [first, ...rest]: Command,
  piped: readonly unknown[],
  dot: unknown,
  scope: Scope,
  source: string,
): unknown {
  const args = () => [...rest.map((operand) => operandValue(operand, dot, scope, source)), ...piped];
  if (first.kind === "function") {
    const call = Object.hasOwn(functions, first.name) ? functions[first.name] : undefined;
    if (!call) throw templateError(`{{${source}}}: there is no function ${first.name}`);
    return call(...args());
  }
  const value = operandValue(first, dot, scope, source, "method");
  if (typeof value === "function") return value(...args());
  if (rest.length + piped.length > 0) throw templateError(`{{${source}}}: arguments for what takes none`);
  return value;
}

function operandValue(
  operand: Operand,
  dot: unknown,
  scope: Scope,
  source: string,
  wanted: "value" | "method" = "value",
): unknown {
  switch (operand.kind) {
    case "dot":
      return dot;
    case "literal":
      return operand.value;
    case "variable":
      return scope.get(operand.name);
    case "function":
      return commandValue([operand], [], dot, scope, source);
    case "pipeline":
      return pipelineValue(operand.pipeline, dot, scope);
    case "field": {
      const value = fieldOf(operandValue(operand.of, dot, scope, source), operand.name, source);
      return typeof value === "function" && wanted === "value" ? value() : value;
    }
  }
}

function fieldOf(value: unknown, name: string, source: string): unknown {
  const property = propertyOf(value, name);
  if (property) return property.value;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  // A key of a map, by its looks: what is not in a map is nothing, and no mistake.
  if (isObject && !/^\p{Lu}/u.test(name)) return undefined;
  const known = isObject ? Object.keys(value).join(", ") : textOf(value);
  throw templateError(
    `{{${source}}}: there is no field ${name}${isObject ? `; there are ${known}` : ` in ${known}`}`,
  );
}
