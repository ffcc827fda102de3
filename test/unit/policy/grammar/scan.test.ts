import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse as parseIni } from "ini";
import { scan } from "../../../../policy/grammar/scan.ts";
import { problemsOf } from "../policies.ts";

const lab = "[network lab]\nconflist = lab.conflist\n";

describe("a policy file, line by line (C7)", () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ["an unknown section", `${lab}[daemon]\n`, "a.conf:3:1: unknown section"],
    [
      "a section with a word too many",
      "[network lab x]\nconflist = a.conflist\n",
      "a.conf:1:1: unknown section",
    ],
    [
      "an unknown key",
      `${lab}isolatoin = user\n`,
      "a.conf:3:1: unknown key isolatoin; known here: conflist, ",
    ],
    [
      "a key twice",
      `${lab}isolation = user\nisolation = open\n`,
      "a.conf:4:1: isolation is given twice, first in line 3",
    ],
    ["a section twice", `${lab}${lab}`, "a.conf:3:1: [network lab] is there twice, first at a.conf:1"],
    [
      "a rule twice, however it is spaced",
      `${lab}[allow user:alice network:lab]\nattachments = 1\n[allow  user:alice\tnetwork:lab ]\n`,
      "a.conf:5:1: [allow user:alice network:lab] is there twice, first at a.conf:3",
    ],
    ["a key before all sections", "isolation = user\n", "a.conf:1:1: stands before the first [section]"],
    ["a line that is nothing", `${lab}  isolation\n`, "a.conf:3:3: neither [section] nor key = value"],
    ["a key without a value", `${lab}isolation =\n`, "a.conf:3:12: isolation has no value"],
    ["a value that is only a comment", `${lab}isolation = ; user\n`, "a.conf:3:12: isolation has no value"],
    ["a section that does not end", "[network lab\n", "a.conf:1:13: section head without its ]"],
    [
      "words behind a section's end",
      "[network lab] x\nconflist = lab.conflist\n",
      "a.conf:1:15: something follows the section's ]",
    ],
    ["quotes", `${lab}isolation = "user"\n`, "a.conf:3:13: only plain ASCII without quotes and backslashes"],
    ["escapes", `${lab}isolation = us\\;er\n`, "a.conf:3:15: only plain ASCII"],
    [
      "letters beyond ASCII, which look like others",
      `${lab}isolation = us\u0435r\n`,
      "a.conf:3:15: only plain ASCII",
    ],
    ["arrays", `${lab}isolation[] = user\n`, "a.conf:3:1: a key is lower-case letters, digits and -"],
    ["prototypes (CVE-2020-7788)", `${lab}__proto__ = user\n`, "a.conf:3:1: a key is lower-case letters"],
    ["a section of prototypes", "[__proto__]\nattachments = 1\n", "a.conf:1:1: unknown section"],
    ["constructors", `${lab}constructor = user\n`, "a.conf:3:1: unknown key constructor"],
    ["a NUL", `${lab}isolation = user\0\n`, "a.conf:3:17: control character U+0000"],
    [
      "Windows line ends",
      "[network lab]\r\n",
      "a.conf:1:14: carriage return: save the file with Unix line ends",
    ],
    ["marks that turn the direction of text", `${lab}; \u202e\n`, "a.conf:3:3: control character U+202E"],
    [
      "a byte order mark inside",
      `[network lab]\ufeff\nconflist = lab.conflist\n`,
      "a.conf:1:14: control character U+FEFF",
    ],
    ["blanks that are none", `${lab}\u00a0\n`, "a.conf:3:1: only plain ASCII"],
    ["blanks that are none before a section", "\u00a0[network lab]\n", "a.conf:1:1: only plain ASCII"],
    [
      "a line of megabytes",
      `${lab}${"x".repeat(5000)}\n`,
      "a.conf:3:4096: line is longer than 4096 characters",
    ],
  ];
  test.each(refused)("with %s is refused at its place", async (_, text, problem) => {
    expect((await problemsOf(text))[0]).toStartWith(problem);
  });

  test.each([
    ["1:2", Buffer.from([0x3b, 0xff, 0xfe])],
    ["3:4", Buffer.concat([Buffer.from(`${lab}; ä`), Buffer.from([0xe4]), Buffer.from("\n")])],
    ["3:1", Buffer.concat([Buffer.from(lab), Buffer.from([0xc3])])],
  ])("that is not UTF-8 is refused at %s", async (place, bytes) => {
    expect(await problemsOf(bytes)).toEqual([`a.conf:${place}: is not UTF-8`]);
  });

  test("with a byte order mark is refused for that, and for nothing that would be right without it", async () => {
    expect(await problemsOf(`\ufeff${lab}[allow user:alice network:lab]\nattachments = 1\n`)).toEqual([
      "a.conf:1:1: byte order mark: save the file as UTF-8 without it",
    ]);
  });

  test("is told everything of a section, whatever else is wrong with it", async () => {
    const rule = "[allow user:alice network:lab]\nattachments = 08\nnested = true\nnmaes = yes\nmac = yes\n";
    expect(await problemsOf(`${lab}${rule}`)).toEqual([
      "a.conf:4:15: attachments must be a decimal number from 0 to 999, or the word unlimited",
      "a.conf:5:10: nested must be yes or no",
      expect.stringMatching(/^a\.conf:6:1: unknown key nmaes; /),
      "a.conf:7:7: mac must be auto or chosen",
    ]);
  });

  test("tells everything that is wrong at once, but not without end", async () => {
    expect(await problemsOf("[network lab]\nx = 1\ny = 2\n[allow alice network:nolab]\n")).toEqual([
      "a.conf:1:1: conflist is missing",
      expect.stringContaining("a.conf:2:1: unknown key x"),
      expect.stringContaining("a.conf:3:1: unknown key y"),
      "a.conf:4:8: subject must be user:NAME, user:#UID, group:NAME, group:#GID or everyone",
      "a.conf:4:22: there is no [network nolab]",
    ]);
    expect(await problemsOf("x\n".repeat(1000))).toHaveLength(51);
  });

  test("may have comments of both kinds, blank lines, blanks and text of any script in comments", async () => {
    const text = `# Grüße 😀 "quoted" \\\n\n  ; x = 1\n \t[network lab]\t; [x]\n\tconflist=lab.conflist#x\n\n[allow everyone network:lab] # x\nattachments\t=  1 ; 2`;
    expect(await problemsOf(text)).toEqual([]);
  });

  test("is read in a time that grows with its size alone (Q10)", async () => {
    const line = `${" ".repeat(2000)}x${" ".repeat(2000)}`;
    const started = performance.now();
    expect(await problemsOf(`${line}\n`.repeat(250))).toHaveLength(51);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test("without problems means the same to the ini package", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    const line = fc.oneof(
      fc.tuple(word, value).map(([key, text]) => `${key} = ${text}`),
      fc.stringMatching(/^[ -~]{0,20}$/),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const { sections, problems } = scan("a.conf", Buffer.from(["[s]", ...lines].join("\n")));
        const [section, ...others] = sections;
        if (problems.length > 0 || !section || others.length > 0) return;
        const own = Object.fromEntries([...section.entries].map(([key, entry]) => [key, entry.value.text]));
        const theirs: Record<string, unknown> = { ...parseIni(["[s]", ...lines].join("\n")).s };
        expect(Object.fromEntries(Object.entries(theirs).map(([key, text]) => [key, String(text)]))).toEqual(
          own,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
