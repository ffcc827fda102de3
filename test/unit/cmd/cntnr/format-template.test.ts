import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatList, formatOne } from "../../../../cmd/cntnr/format-template.ts";

const data = {
  Name: "web",
  Id: "sha256:0123456789ab",
  Size: 42,
  Running: true,
  Tags: ["a", "b"],
  None: null,
  Empty: [],
  Config: { Labels: { "org.x": "1", plain: "2" }, Env: ["A=1", "B=2"] },
  Label: (name: string) => (name === "plain" ? "2" : ""),
};

describe("a template prints", () => {
  test.each([
    ["plain text", "plain text"],
    ["{{.Name}}", "web"],
    ["{{ .Name }}-{{.Size}}", "web-42"],
    ["{{.Config.Labels.plain}}", "2"],
    ['{{index .Config.Labels "org.x"}}', "1"],
    ['{{index .Config.Labels "missing"}}', ""],
    ["{{.Config.Labels.missing}}", "<no value>"],
    ["{{index .Tags 1}}", "b"],
    ["{{.Tags}} {{.Running}} {{.None}}", "[a b] true <no value>"],
    ["{{.Config.Labels}}", "map[org.x:1 plain:2]"],
    ["{{json .Tags}} {{json .None}} {{json .Name}}", '["a","b"] null "web"'],
    ["{{.Name | upper | json}}", '"WEB"'],
    ['{{join .Tags ", "}}', "a, b"],
    ['{{join (split .Id ":") "/"}}', "sha256/0123456789ab"],
    ['{{index (split .Id ":") 1}}', "0123456789ab"],
    ["{{truncate .Id 3}}{{lower `ABC`}}{{title `ab cd`}}", "shaabcAb Cd"],
    ['{{pad "x" 1 2}}|', " x  |"],
    ['{{printf "%-5s|%3d|%q|%05d" .Name .Size .Name 7}}', 'web  | 42|"web"|00007'],
    ["{{len .Tags}} {{len .Name}} {{len .Config.Labels}}", "2 3 2"],
    ["{{range .Tags}}<{{.}}>{{end}}", "<a><b>"],
    ["{{range $i, $tag := .Tags}}{{if $i}},{{end}}{{$tag}}{{end}}", "a,b"],
    ["{{range $key, $value := .Config.Labels}}{{$key}}={{$value}};{{end}}", "org.x=1;plain=2;"],
    ["{{range .Empty}}x{{else}}none{{end}}", "none"],
    ["{{range .Tags}}{{.}}{{break}}{{end}}", "a"],
    ['{{range .Tags}}{{if eq . "a"}}skip {{continue}}{{end}}{{.}}{{end}}', "skip b"],
    ["{{with .Config}}{{index .Env 0}}{{$.Name}}{{end}}", "A=1web"],
    ["{{with .None}}x{{else}}nothing{{end}}", "nothing"],
    ["{{if .Running}}up{{else}}down{{end}}", "up"],
    ["{{if not .Running}}a{{else if gt .Size 40}}b{{else}}c{{end}}", "b"],
    ['{{if and .Running (ne .Name "x")}}yes{{end}}', "yes"],
    ['{{if or .None (eq .Name "x" "web")}}yes{{end}}', "yes"],
    ["{{$n := .Name}}{{$n}}{{$n = `new`}}{{$n}}", "webnew"],
    ["a  {{- .Name -}}  b", "awebb"],
    ["{{/* nothing */}}x{{- /* nothing */ -}} y", "xy"],
    ['{{"{{"}}x{{`}}`}}', "{{x}}"],
    ['{{"a\\tb\\u00e9"}}', "a\tb\u00e9"],
    ["{{.Name}}\\t{{.Size}}\\n", "web\t42\n"],
    ['{{.Label "plain"}}{{.Label `x`}}', "2"],
    ["{{(index .Config.Env 1)}}", "B=2"],
    ["{{println .Name}}{{print 1 2 `x` 3}}", "web\n1 2x3"],
    ["{{slice .Name 1}}{{slice .Name 0 1}}", "ebw"],
    ["{{html `<a>`}}{{urlquery `a b`}}", "&#60;a&#62;a%20b"],
    [
      "{{.}}",
      "map[Config:map[Env:[A=1 B=2] Labels:map[org.x:1 plain:2]] Empty:[] Id:sha256:0123456789ab Name:web None:<nil> Running:true Size:42 Tags:[a b]]",
    ],
  ])("%p as %p", (template, expected) => {
    expect(formatOne(data, template)).toBe(`${expected}\n`);
  });
});

describe("a template is refused that", () => {
  test.each([
    ["names a field that is not there", "{{.Nmae}}", "there is no field Nmae; there are Name"],
    ["has no end", "{{if .Name}}", "without an {{end}}"],
    ["has an end too many", "{{end}}", "without a beginning"],
    ["is not closed", "{{.Name", "has no }}"],
    ["calls what is no function", "{{shout .Name}}", "there is no function shout"],
    ["calls what is inherited", "{{constructor .Name}}", "there is no function constructor"],
    ["has an unknown sign", "{{.Name ? 1}}", 'unexpected "? 1"'],
    ["gives arguments to a field", "{{.Name 1}}", "arguments for what takes none"],
    ["uses an unknown variable", "{{$x}}", "there is no variable $x"],
    ["breaks out of nothing", "{{break}}", "outside of a range"],
    ["asks for an element that is not there", "{{index .Tags 2}}", "beyond the 2"],
    ["goes through a number", "{{range .Size}}{{end}}", "which has no elements"],
    ["is empty", "{{}}", "a value is missing"],
    ["defines templates", '{{define "x"}}{{end}}', "define is not supported"],
    ["has a parenthesis open", "{{(index .Tags 1}}", "is not closed"],
    ["compares what cannot be", "{{lt .Name 1}}", "cannot be compared"],
  ])("%s", (_, template, reason) => {
    expect(() => formatOne(data, template)).toThrow(expect.objectContaining({ name: "UsageError" }));
    expect(() => formatOne(data, template)).toThrow(reason);
  });

  test("whatever it is: it prints or is refused, and reaches nothing that is inherited", () => {
    const words = fc.constantFrom(
      ...'{{ }} . .Name .constructor .__proto__ $ $x := | ( ) if end else range with json index 1 "a" ` - , break'.split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 14 }), (parts) => {
        try {
          expect(formatOne(data, parts.join(" "))).not.toContain("native code");
        } catch (error) {
          expect(error).toMatchObject({ name: "UsageError" });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a list", () => {
  const layout = { headings: { ID: "IMAGE ID", Name: "NAME", Size: "SIZE" }, columns: ["Name", "ID"] };
  const label = (name: string) => name.length;
  const rows = [
    { ID: "1", Name: "first", Size: "1MB", Extra: "x", Label: label },
    { ID: "22", Name: "b", Size: "20MB", Extra: "y", Label: label },
  ];
  test.each([
    ["nothing", undefined, "NAME    IMAGE ID\nfirst   1\nb       22\n"],
    ["table", "table", "NAME    IMAGE ID\nfirst   1\nb       22\n"],
    ["a table of columns", "table {{.Size}}\\t{{.Extra}}", "SIZE   EXTRA\n1MB    x\n20MB   y\n"],
    [
      "a table with methods",
      'table {{.ID}}\t{{.Label "abc"}}',
      "IMAGE ID   ABC\n1          3\n22         3\n",
    ],
    ["a template", "{{.ID}}:{{.Name}}", "1:first\n22:b\n"],
    [
      "json",
      "json",
      '{"ID":"1","Name":"first","Size":"1MB","Extra":"x"}\n{"ID":"22","Name":"b","Size":"20MB","Extra":"y"}\n',
    ],
  ])("is printed as is asked for: %s", (_, format, expected) => {
    expect(formatList(rows, format, layout)).toBe(expected);
  });

  test("without rows is its headings, or nothing", () => {
    expect(formatList([], "table {{.ID}}\\t{{.Size}}", layout)).toBe("IMAGE ID   SIZE\n");
    expect(formatList([], "{{.ID}}", layout)).toBe("");
  });
});
