import { describe, expect, test } from "bun:test";
import { DockerfileParser } from "dockerfile-ast";
import fc from "fast-check";
import type { Instruction } from "../../../../../runtime/build/dockerfile/instruction.ts";
import { parseDockerfile } from "../../../../../runtime/build/dockerfile/parse-dockerfile.ts";
import { CntnrError } from "../../../../../runtime/errors/cntnr-error.ts";

/** The first instruction after FROM. */
function parseOne(text: string, before = ""): Instruction {
  const [stage] = parseDockerfile("Dockerfile", `${before}FROM scratch\n${text}`).stages;
  const [instruction] = stage?.instructions ?? [];
  if (!instruction) throw new Error("nothing parsed");
  return instruction;
}

function failureOf(text: string): string {
  try {
    parseDockerfile("Dockerfile", text);
  } catch (error) {
    if (error instanceof CntnrError && error.code === "build") return error.message;
    throw error;
  }
  return "";
}

describe("lines", () => {
  test("continue behind an escape, and comments and empty lines in between are no part of them", () => {
    const run = parseOne("RUN echo a \\\n# comment\n\n  # another\n   b \\ \n c\n");
    expect(run).toMatchObject({ kind: "run", command: { form: "shell", text: "echo a    b  c" } });
    expect(run.range).toEqual({ start: { line: 2, column: 1 }, end: { line: 7, column: 3 } });
  });

  test("do not continue behind an escaped escape", () => {
    const { stages } = parseDockerfile("Dockerfile", "FROM scratch\nRUN dir c:\\\\\nRUN dir\n");
    expect(stages[0]?.instructions.map(({ text }) => text)).toEqual(["RUN dir c:\\\\", "RUN dir"]);
  });

  test("use the escape character that the directive names", () => {
    const run = parseOne("RUN dir `\n c:\\\nCMD x", "# Escape = `\n");
    expect(run).toMatchObject({ command: { text: "dir  c:\\" } });
  });

  test("a directive behind a comment is a comment, one given twice an error", () => {
    expect(parseOne("RUN a `\nRUN b", "# about\n# escape=`\n")).toMatchObject({ text: "RUN a `" });
    expect(failureOf("# syntax=a\n# syntax=b\nFROM x")).toContain("Dockerfile:2:1:");
    expect(failureOf("# escape=x\nFROM x")).toContain("the escape character is");
    expect(
      parseDockerfile("d", "#!/usr/bin/env x\n# syntax=docker/dockerfile:1\nFROM x").directives.syntax,
    ).toBe("docker/dockerfile:1");
  });

  test("may end in CR LF and begin with a byte order mark", () => {
    const { stages } = parseDockerfile("d", "\ufeffFROM a\r\nRUN b \\\r\n c\r\n");
    expect(stages[0]?.instructions[0]).toMatchObject({ command: { text: "b  c" } });
  });
});

describe("here-documents", () => {
  test("belong to their instruction, several of them and with tabs", () => {
    const run = parseOne("RUN cat <<A >x && cat <<-B\none\n# two\nA\n\tthree\n\tB\nCMD y");
    expect(run).toMatchObject({
      command: { text: "cat <<A >x && cat <<-B" },
      heredocs: [
        { name: "A", content: "one\n# two\n", stripsTabs: false, expands: true },
        { name: "B", content: "\tthree\n", stripsTabs: true },
      ],
    });
  });

  test("with a quoted name are not expanded; a space before the name makes none", () => {
    expect(parseOne(`COPY <<'E F' <<"G"H /x/\na\nE F\nb\nGH\n`)).toMatchObject({
      sources: [
        { kind: "path", text: "<<'E" },
        { kind: "path", text: "F'" },
        { kind: "heredoc", heredoc: { name: "GH", expands: false, content: "b\n" } },
      ],
    });
    expect(parseOne("RUN cat << 'EOF'\nCMD x")).toMatchObject({ heredocs: [] });
    expect(parseOne(`RUN echo "<<EOF"\nCMD x`)).toMatchObject({ heredocs: [] });
  });

  test("that are not ended are an error at their instruction", () => {
    expect(failureOf("FROM x\nRUN <<EOF\necho\n")).toContain(
      "Dockerfile:2:1: the here-document <<EOF is not",
    );
  });

  test("of an ONBUILD trigger are kept in its text", () => {
    expect(parseOne("ONBUILD COPY <<EOF /x\nhello\nEOF")).toMatchObject({
      trigger: "COPY <<EOF /x\nhello\nEOF",
      instruction: { kind: "copy", sources: [{ kind: "heredoc" }] },
    });
  });
});

describe("forms", () => {
  test("JSON is taken only when all of it is JSON", () => {
    expect(parseOne('RUN ["a b", "\\u0041\\n"]')).toMatchObject({
      command: { form: "exec", argv: ["a b", "A\n"] },
    });
    expect(parseOne('RUN [ -f x ] && echo "y"')).toMatchObject({ command: { form: "shell" } });
    expect(parseOne("RUN ['a']")).toMatchObject({ command: { form: "shell" } });
    expect(parseOne('CMD ["a"] b')).toMatchObject({ command: { form: "shell", text: '["a"] b' } });
    expect(failureOf("FROM x\nCMD [1]")).toContain("only strings");
    expect(parseOne('COPY ["a b", "c d/"]')).toMatchObject({
      sources: [{ kind: "path", text: "a b" }],
      destination: "c d/",
    });
  });

  test("flags come first, with quotes and commas in their values", () => {
    expect(
      parseOne('RUN --mount=type=cache,target=/a --mount=type=bind,"target=/b, c" --network=none x --y'),
    ).toMatchObject({
      mounts: ["type=cache,target=/a", 'type=bind,"target=/b, c"'],
      network: "none",
      command: { text: "x --y" },
    });
    expect(
      parseOne("COPY --link --from=a --chown=1:2 --chmod=u=rwX --exclude=*.a --exclude=b x /y"),
    ).toMatchObject({
      flags: { link: true, from: "a", chown: "1:2", chmod: "u=rwX", exclude: ["*.a", "b"], parents: false },
    });
    expect(parseOne("RUN -- --x")).toMatchObject({ command: { text: "--x" } });
    expect(parseOne("CMD --x")).toMatchObject({ command: { text: "--x" } });
  });

  test("ENV and LABEL are pairs, or one pair in the old form", () => {
    expect(parseOne(`ENV A="b c" D=e\\ f 'G'=h`)).toMatchObject({
      pairs: [
        { key: "A", value: '"b c"' },
        { key: "D", value: "e\\ f" },
        { key: "'G'", value: "h" },
      ],
    });
    expect(parseOne("ENV ONE TWO= THREE=world")).toMatchObject({
      pairs: [{ key: "ONE", value: "TWO= THREE=world" }],
    });
    expect(failureOf("FROM x\nENV a=b c")).toContain('Dockerfile:2:9: "c": ENV takes KEY=VALUE');
  });

  test("HEALTHCHECK has durations in nanoseconds", () => {
    expect(parseOne("HEALTHCHECK --interval=1m30s --retries=2 CMD curl -f x || exit 1")).toMatchObject({
      check: { test: ["CMD-SHELL", "curl -f x || exit 1"], interval: 90e9, retries: 2 },
    });
    expect(parseOne('HEALTHCHECK cmd ["a"]')).toMatchObject({ check: { test: ["CMD", "a"] } });
    expect(parseOne("HEALTHCHECK NONE")).toMatchObject({ check: { test: ["NONE"] } });
    expect(failureOf("FROM x\nHEALTHCHECK --timeout=1 CMD x")).toContain("--timeout=1");
  });

  test("FROM names stages, without regard to case", () => {
    const { globalArgs, stages } = parseDockerfile(
      "d",
      "ARG V=1\nARG W\nFROM --platform=$BUILDPLATFORM a:$V as Build\nfrom Build\n",
    );
    expect(globalArgs.flatMap(({ args }) => args)).toEqual([{ name: "V", value: "1" }, { name: "W" }]);
    expect(stages.map(({ from }) => from)).toMatchObject([
      { image: "a:$V", name: "build", platform: "$BUILDPLATFORM" },
      { image: "Build" },
    ]);
  });
});

test("errors name place and instruction, and show the lines around", () => {
  expect(failureOf("FROM a\n\nRUN --mount=type=nfs,target=/x y\nRUN z\n")).toBe(
    [
      'Dockerfile:3:5: --mount=type=nfs,target=/x: "nfs" is not a type of mount (bind, cache, tmpfs, secret, ssh)',
      "--------------------",
      "  1 |     FROM a",
      "  2 |",
      "  3 | >>> RUN --mount=type=nfs,target=/x y",
      "  4 |     RUN z",
      "  5 |",
      "--------------------",
    ].join("\n"),
  );
  for (const [text, message] of [
    ["RUN a", "only ARG may stand before"],
    ["FROM a\nFOO b", "there is no instruction FOO"],
    ["FROM a\nCOPY b", "at least a source"],
    ["FROM a\nCOPY --chwon=1 b c", "COPY has no flag --chwon"],
    ["FROM a AS 1x", "cannot be a stage's name"],
    ["FROM a b", "FROM is written"],
    ["FROM a\nONBUILD FROM b", "FROM cannot be an ONBUILD"],
    ["FROM a\nSHELL sh -c", "JSON form"],
    ["FROM a\nRUN --security=insecure b", "only sandbox"],
    ["# nothing", "there is no FROM"],
  ] as const)
    expect(failureOf(text)).toContain(message);
});

describe("for any text", () => {
  const instruction = fc.constantFrom(
    "RUN ",
    "COPY ",
    "ENV ",
    "LABEL ",
    "ONBUILD ",
    "HEALTHCHECK ",
    "ARG ",
    "FROM ",
    "VOLUME ",
    "--mount=",
    "<<EOF ",
    "EOF",
    "\\",
    "\n",
    "# ",
    '"',
    "'",
    "[",
    "]",
    "${",
    "}",
    "a",
    " ",
    "=",
    ",",
  );
  const texts = fc.array(fc.oneof(instruction, fc.string({ maxLength: 4 })), { maxLength: 40 });

  test("there is a Dockerfile or an error that says where", () => {
    fc.assert(
      fc.property(texts, (parts) => {
        const text = `FROM scratch\n${parts.join("")}`;
        const message = failureOf(text);
        expect(message === "" || message.startsWith("Dockerfile:")).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test("it does not matter where an instruction's line is broken", () => {
    const words = fc.array(fc.stringMatching(/^[a-z=&|;$/ ]{1,6}$/), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(words, fc.constantFrom("\\\n", "\\ \t\n", "\\\n\n", "\\\n# c\n"), (parts, separator) => {
        const broken = parseOne(`RUN x${parts.join(separator)}y`);
        const whole = parseOne(`RUN x${parts.join("")}y`);
        expect(broken.text).toBe(whole.text);
      }),
    );
  });

  test("dockerfile-ast finds the same instructions at the same places", () => {
    const argument = fc.stringMatching(/^[a-zA-Z0-9_./:=-]{1,8}$/).map((word) => word.replace(/^-+/, "x"));
    const keyword = fc.constantFrom(
      "RUN",
      "run",
      "CMD",
      "WORKDIR",
      "USER",
      "STOPSIGNAL",
      "EXPOSE",
      "Entrypoint",
    );
    const filler = fc.constantFrom("", "\n", "# comment\n", "   # comment\n\n");
    const gap = fc.constantFrom(" ", "  ", " \\\n  ", " \\\n# comment\n  ");
    const line = fc.tuple(filler, keyword, fc.array(argument, { minLength: 1, maxLength: 4 }), gap);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
        const body = lines.map(([before, word, args, between]) => `${before}${word} ${args.join(between)}\n`);
        const text = `FROM scratch\n${body.join("")}`;
        const ours = parseDockerfile("d", text).stages[0]?.instructions ?? [];
        const theirs = DockerfileParser.parse(text).getInstructions().slice(1);
        expect(
          ours.map(({ range, text: own }) => ({
            range: {
              start: { line: range.start.line - 1, character: range.start.column - 1 },
              end: { line: range.end.line - 1, character: range.end.column - 1 },
            },
            keyword: own.split(" ")[0]?.toUpperCase() ?? "",
            args: own.split(/\s+/).slice(1),
          })),
        ).toEqual(
          theirs.map((instruction) => ({
            range: instruction.getRange(),
            keyword: instruction.getKeyword(),
            args: instruction.getArguments().map((value) => value.getValue()),
          })),
        );
      }),
      { numRuns: 300 },
    );
  });
});
