import { expect, test } from "bun:test";
import { attacksIn, attackTable } from "../attack-table.ts";

const junit = `<testsuites tests="3"><testsuite>
<testcase name="another user&#39;s (N1)" classname="a namespace is refused (N3)" file="x" line="1" />
<testcase name="a port (R11, R2)" file="x" line="2"><failure type="AssertionError" /></testcase>
<testcase name="has no number" file="x" line="3" />
</testsuite></testsuites>`;

test("the attacks of a report are a table by row, with their results", () => {
  expect(attackTable(attacksIn(junit))).toBe(`row  result   attack
N1   passed   a namespace is refused : another user's
N3   passed   a namespace is refused : another user's
R2   FAILED   a port
R11  FAILED   a port
4 rows, 4 attacks`);
});
