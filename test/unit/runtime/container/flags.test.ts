import { describe, expect, test } from "bun:test";
import { parseCapabilities } from "../../../../runtime/container/capability-flags.ts";
import { checkName, randomName } from "../../../../runtime/container/container-name.ts";
import { parseEnvFile, parseEnvFlag, parseLabels } from "../../../../runtime/container/environment-flags.ts";
import { parseNetworkFlags } from "../../../../runtime/container/network-flag.ts";
import { parseSignal } from "../../../../runtime/container/signal-name.ts";
import { plainNetwork } from "../../../../runtime/network/network-request.ts";

const env = { HOME: "/root", EMPTY: "" };

describe("-e and --env-file", () => {
  test("a variable without a value is ours, if we have it", () => {
    expect(parseEnvFlag("A=b=c", env)).toBe("A=b=c");
    expect(parseEnvFlag("HOME", env)).toBe("HOME=/root");
    expect(parseEnvFlag("EMPTY", env)).toBe("EMPTY=");
    expect(parseEnvFlag("MISSING", env)).toBeUndefined();
    expect(() => parseEnvFlag("=x", env)).toThrow("needs a name");
  });

  test("a file has a variable a line, as it stands", () => {
    const text = '\uFEFF# comment\r\nA=b#c\r\n\nB="quoted"\n  C= x \nHOME\nMISSING\n';
    expect(parseEnvFile(text, "f", env)).toEqual(["A=b#c", 'B="quoted"', "C= x ", "HOME=/root"]);
  });

  test("a wrong line is named", () => {
    expect(() => parseEnvFile("A=1\nB C=2\n", "f.env", env)).toThrow("f.env:2");
    expect(() => parseEnvFile("=2\n", "f.env", env)).toThrow("f.env:1");
  });
});

test("of labels of one name the last counts", () => {
  expect(parseLabels(["a=1", "b", "a=2=3"])).toEqual({ a: "2=3", b: "" });
});

describe("--network", () => {
  test("host is what there is without it", () => {
    expect(parseNetworkFlags([])).toEqual({ kind: "host" });
    expect(parseNetworkFlags(["none"])).toEqual({ kind: "none" });
    expect(parseNetworkFlags(["lab", "db"])).toEqual({
      kind: "netd",
      networks: [plainNetwork("lab"), plainNetwork("db")],
    });
  });

  test.each([
    [["host", "lab"], "cannot go with"],
    [["lab", "lab"], "only once"],
    [["bridge"], "not supported"],
    [["ns:x"], "not supported"],
    [["../x"], "cannot be the name"],
  ])("%j is refused: %s", (names, problem) => {
    expect(() => parseNetworkFlags(names)).toThrow(problem);
  });
});

describe("names", () => {
  test("random ones obey the rule", () => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const name = randomName(attempt % 3);
      expect(checkName(name)).toBe(name);
      expect(name).toMatch(/^[a-z]+_[a-z]+\d*$/);
    }
  });

  test.each(["", "-a", ".a", "a b", "a/b", "a".repeat(129), "é"])("%j is none", (name) => {
    expect(() => checkName(name)).toThrow("--name");
  });
});

test("signals are known by number and by name", () => {
  expect(
    ["TERM", "sigterm", "15", "SIGRTMIN+3", "RTMAX-1", "RTMIN"].map((text) => parseSignal(text)),
  ).toEqual([15, 15, 15, 37, 63, 34]);
  for (const text of ["0", "65", "NOPE", "", "RTMIN+31"])
    expect(() => parseSignal(text)).toThrow(`signal ${text}: there is no such signal`);
});

test("capabilities are known with and without CAP_", () => {
  expect(parseCapabilities("--cap-add", ["cap_net_raw,SYS_PTRACE", "all"])).toEqual([
    "NET_RAW",
    "SYS_PTRACE",
    "ALL",
  ]);
  expect(() => parseCapabilities("--cap-drop", ["FLY"])).toThrow(
    "--cap-drop FLY: there is no such capability",
  );
});
