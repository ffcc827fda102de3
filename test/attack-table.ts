/** One test case of bun's JUnit report. */
interface TestCase {
  readonly name: string;
  readonly result: "passed" | "FAILED" | "skipped";
}

/** An attack or fault of the threat list, by the number in a test's name: (N1), (R11, R13). */
export interface Attack {
  readonly row: string;
  readonly attack: string;
  readonly result: TestCase["result"];
}

/** The attacks that a report's tests name. */
export function attacksIn(junit: string): Attack[] {
  return testCases(junit).flatMap(({ name, result }) =>
    [...new Set(rowsIn(name))].map((row) => ({ row, attack: withoutRows(name), result })),
  );
}

/** The table, by row: P, N, R, D, Q, F, C as the threat list has them. */
export function attackTable(attacks: readonly Attack[]): string {
  const place = ({ row, attack }: Attack) =>
    `${"PNRDQFC".indexOf(row[0] ?? "")}${row.slice(1).padStart(3, "0")} ${attack}`;
  const sorted = attacks.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  const lines = sorted.map(({ row, attack, result }) => `${row.padEnd(4)} ${result.padEnd(8)} ${attack}`);
  const rows = new Set(attacks.map(({ row }) => row));
  return ["row  result   attack", ...lines, `${rows.size} rows, ${attacks.length} attacks`].join("\n");
}

const numbers = /\(((?:[PNRDQFC]\d+(?:, )?)+)\)/g;

function rowsIn(name: string): string[] {
  return [...name.matchAll(numbers)].flatMap(([, list = ""]) => list.split(", "));
}

function withoutRows(name: string): string {
  return name.replace(numbers, "").replace(/\s+/g, " ").trim();
}

function testCases(junit: string): TestCase[] {
  return (junit.match(/<testcase [^>]*?(?:\/>|>[\s\S]*?<\/testcase>)/g) ?? []).map((text) => ({
    name: [attributeOf(text, "classname"), attributeOf(text, "name")]
      .filter((part) => part !== "")
      .join(": "),
    result: text.includes("<failure") ? "FAILED" : text.includes("<skipped") ? "skipped" : "passed",
  }));
}

/** An attribute of a test case's element. */
export function attributeOf(element: string, name: string): string {
  return unescapeXml(new RegExp(` ${name}="([^"]*)"`).exec(element)?.[1] ?? "");
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|(lt|gt|quot|apos|amp));/g, (_, code?: string, name?: string) =>
    name === undefined ? String.fromCodePoint(Number(code)) : (entities[name] ?? ""),
  );
}
