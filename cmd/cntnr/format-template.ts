import { formatTable } from "../command-line/output.ts";
import { evaluate } from "./template/evaluate.ts";
import { parse } from "./template/parser.ts";

/** What a list's rows are for a template: docker's names of fields. Functions are methods: {{.Label "key"}}. */
export type TemplateRow = Readonly<Record<string, unknown>>;

/** How a list is printed when nothing is asked for: headings and the fields below them. */
export interface ListLayout {
  /** Headings of all fields; those of a table that is not asked for in words are `columns`. */
  readonly headings: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
}

/**
 * The text of a list as docker's `--format` has it: nothing or `table` for the usual table, `table TEMPLATE` for one of
 * these columns (separated by tabs), `json` for an object a line, or a template for each row. Throws UsageError.
 */
export function formatList(
  rows: readonly TemplateRow[],
  format: string | undefined,
  { headings, columns }: ListLayout,
): string {
  if (format === "json") return lines(rows.map((row) => JSON.stringify(withoutMethods(row))));
  const own = format === undefined || format === "" || format === "table";
  const table = own ? columns.map((column) => `{{.${column}}}`).join("\t") : tableTemplate(format);
  const nodes = parse(table ?? format ?? "");
  if (table === undefined) return lines(rows.map((row) => evaluate(nodes, row)));
  const names = evaluate(nodes, headingRow(headings, rows));
  return formatTable([names, ...rows.map((row) => evaluate(nodes, row))].map((line) => line.split("\t")));
}

/** The text of one thing by a template, as `docker inspect --format` prints it; `json` is {{json .}}. Throws UsageError. */
export function formatOne(value: unknown, format: string): string {
  return `${evaluate(parse(format === "json" ? "{{json .}}" : format), value)}\n`;
}

function tableTemplate(format: string): string | undefined {
  return /^table\s/.test(format) ? format.slice("table".length).trimStart() : undefined;
}

/** A field without a heading gets its own name, in capitals; so does what a method is asked for. */
function headingRow(headings: ListLayout["headings"], [row = {}]: readonly TemplateRow[]): TemplateRow {
  const known: Record<string, unknown> = { ...headings };
  for (const [name, value] of Object.entries(row))
    if (typeof value === "function") known[name] = (argument: string) => argument.toUpperCase();
    else known[name] ??= name.toUpperCase();
  return known;
}

function withoutMethods(row: TemplateRow): TemplateRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== "function"));
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
