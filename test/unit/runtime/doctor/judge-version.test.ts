import { describe, expect, test } from "bun:test";
import { vulnerabilitiesIn } from "../../../../runtime/doctor/installed-version.ts";
import { judgeVersion } from "../../../../runtime/doctor/judge-version.ts";
import { compareVersions, parseVersion } from "../../../../runtime/doctor/version.ts";

describe("versions", () => {
  const inOrder = [
    "1.0.0-rc3",
    "1.0.0~rc93+ds1-5+deb11u3",
    "1.0.0-rc95",
    "1.0.0",
    "v1.1.5+ds1",
    "1.1.12",
    "1.2.0-dev",
    "1.2.0-rc.1",
    "1.2.0-rc.3",
    "1.2.0",
    "1:1.10.0",
    "1.10.1+dev",
  ];

  test("are in the order of their release, candidates before what they are candidates for", () => {
    const versions = inOrder.map(
      (text) => parseVersion(text) ?? { major: -1, minor: 0, patch: 0, candidate: 0 },
    );
    expect(versions.toSorted(compareVersions)).toEqual(versions);
    expect(versions.every(({ major }) => major === 1)).toBe(true);
  });

  test("are none where there is none", () => {
    for (const text of ["", "unknown", "v1", "commit: 7"]) expect(parseVersion(text)).toBeUndefined();
  });
});

describe("what is known against a version", () => {
  const known = (version: string, mends: string[] = []) => {
    const of = { name: "runc", version, changelog: "/changelog", mends: new Set(mends) };
    const { verdict, text } = judgeVersion("runc", { name: "runc", version, package: of });
    const open = text
      .split("\n")
      .slice(1)
      .flatMap((line) => /^(CVE-[\d-]+):/.exec(line)?.[1] ?? []);
    return { verdict, open, text };
  };

  test("is what its branch has mended later", () => {
    expect(known("1.1.13").open).toEqual([
      "CVE-2024-45310",
      "CVE-2025-31133",
      "CVE-2025-52565",
      "CVE-2025-52881",
      "CVE-2026-41579",
    ]);
    expect(known("1.2.8").open).toEqual(["CVE-2026-41579"]);
    expect(known("1.4.0-rc.2").open).toContain("CVE-2025-31133");
    expect(known("1.4.0-rc.3").open).toEqual(["CVE-2026-41579"]);
    for (const version of ["1.3.6", "1.4.3", "1.5.0", "2.0.0"])
      expect([version, known(version).verdict]).toEqual([version, "good"]);
  });

  test("is nothing that came later", () => {
    expect(known("1.0.0-rc5").open).not.toContain("CVE-2024-21626");
    expect(known("1.0.0-rc93").open).toContain("CVE-2024-21626");
    expect(judgeVersion("plugins", { name: "CNI plugins", version: "1.1.1" }).verdict).toBe("good");
    expect(judgeVersion("plugins", { name: "CNI plugins", version: "1.8.0" }).verdict).toBe("warning");
  });

  test("is not what the package's changelog says it has mended", () => {
    const { open, text } = known("1.1.5", ["CVE-2024-21626"]);
    expect(open).not.toContain("CVE-2024-21626");
    expect(text).toContain("the package mends CVE-2024-21626");
    expect(text).toContain("upstream has it fixed in 1.2.8, 1.3.3, 1.4.0-rc.3");
    expect(text).toContain("/changelog does not name them");
  });

  test("cannot be said where there is no version, or no package to upgrade", () => {
    expect(judgeVersion("plugins", { name: "CNI plugins", version: undefined }).verdict).toBe("warning");
    const own = judgeVersion("runc", { name: "runc", version: "1.1.5" });
    expect(own.remedy).toBeUndefined();
    expect(own.text).toContain("rpm -q --changelog runc");
    expect(judgeVersion("conmon", { name: "conmon", version: "2.1.6" }).verdict).toBe("good");
  });
});

test("a changelog's vulnerabilities are found", () => {
  expect([
    ...vulnerabilitiesIn("  * CVE-2024-21626: leak\n  * fixed CVE-2019-19921. CVE-20-1 (CVE-2024-21626)"),
  ]).toEqual(["CVE-2024-21626", "CVE-2019-19921"]);
});
