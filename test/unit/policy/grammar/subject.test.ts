import { describe, expect, test } from "bun:test";
import { compilePolicy } from "../../../../policy/grammar/compile.ts";
import { accountChanges, emptyPolicy } from "../../../../policy/policy.ts";
import { labPolicy, problemsOf } from "../policies.ts";

async function subjectProblem(subject: string): Promise<string | undefined> {
  const problems = await problemsOf(
    `[network lab]\nconflist = lab.conflist\n[allow ${subject} network:lab]\nattachments = 1\n`,
  );
  return problems[0];
}

async function subjectOf(subject: string) {
  const policy = await labPolicy(`[allow ${subject} network:lab]\nattachments = 1\n`);
  return { subject: policy.rules[0]?.subject, warnings: policy.warnings, accounts: policy.accounts };
}

describe("a rule's subject", () => {
  test("becomes a number when the policy is loaded, and never later (P12)", async () => {
    expect(await subjectOf("user:alice")).toEqual({
      subject: { kind: "user", uid: 1000 },
      warnings: [],
      accounts: [{ name: "user:alice", id: 1000 }],
    });
    expect((await subjectOf("user:john.doe")).subject).toEqual({ kind: "user", uid: 1002 });
    expect((await subjectOf("group:devs")).subject).toEqual({ kind: "group", gid: 2000 });
    expect((await subjectOf("user:#4294967294")).subject).toEqual({ kind: "user", uid: 4294967294 });
    expect((await subjectOf("group:#0")).subject).toEqual({ kind: "group", gid: 0 });
    expect((await subjectOf("everyone")).subject).toEqual({ kind: "everyone" });
  });

  test("that does not exist makes its own rule inert, with a warning, and no other (P12)", async () => {
    const policy = await labPolicy(
      "[allow user:gone network:lab]\nattachments = 1\n[allow user:bob network:lab]\nattachments = 2\n",
    );
    expect(policy.rules.map(({ title }) => title)).toEqual(["allow user:bob network:lab"]);
    expect(policy.warnings).toEqual(["a.conf:4: user:gone does not exist: this rule grants nothing"]);
    expect(policy.accounts).toEqual([
      { name: "user:gone", id: undefined },
      { name: "user:bob", id: 1001 },
    ]);
  });

  test("is somebody else when the name has another number; that is told (C11)", async () => {
    const text =
      "[network a]\nconflist = a.conflist\n[allow user:alice network:a]\n[allow group:devs network:a]\n";
    const policyWith = (id: number | undefined) =>
      compilePolicy([{ file: "a.conf", bytes: Buffer.from(text) }], async (database) =>
        database === "group"
          ? new Map([["devs", [2000]]])
          : new Map(id === undefined ? [] : [["alice", [id]]]),
      );
    const [before, same, other, gone] = await Promise.all([1000, 1000, 1001, undefined].map(policyWith));
    if (!before || !same || !other || !gone) throw new Error("no policy");
    expect(accountChanges(before, same)).toEqual([]);
    expect(accountChanges(before, other)).toEqual(["user:alice was 1000 and is now 1001"]);
    expect(accountChanges(before, gone)).toEqual(["user:alice was 1000 and is now nobody"]);
    expect(accountChanges(gone, before)).toEqual(["user:alice was nobody and is now 1000"]);
    expect(accountChanges(emptyPolicy, before)).toEqual([]);
  });

  test("that stands for several accounts is refused (P12)", async () => {
    expect(await subjectProblem("user:twin")).toBe(
      "a.conf:3:8: user:twin is ambiguous: it stands for 1003 and for 1004",
    );
  });

  test("is asked for once, however many rules name it, and not at all when it is a number", async () => {
    const asked: string[] = [];
    const text =
      "[network a]\nconflist = a.conflist\n[network b]\nconflist = a.conflist\n" +
      "[allow user:alice network:a]\nattachments = 1\n[allow user:alice network:b]\nattachments = 1\n[allow group:#7 network:b]\n";
    await compilePolicy([{ file: "a.conf", bytes: Buffer.from(text) }], async (database, names) => {
      asked.push(`${database} ${names.join(" ")}`);
      return new Map();
    });
    expect(asked).toEqual(["passwd alice"]);
  });

  test("whose database cannot be asked stops the whole load (C4)", async () => {
    const text = "[network a]\nconflist = a.conflist\n[allow user:alice network:a]\nattachments = 1\n";
    const load = compilePolicy([{ file: "a.conf", bytes: Buffer.from(text) }], async () => {
      throw new Error("getent did not end within 10 s");
    });
    await expect(load).rejects.toThrow("getent did not end within 10 s");
  });

  test.each([
    "user:#4294967295",
    "user:#65534",
    "group:#65534",
    "user:#99999999999",
    "user:#-1",
    "user:#01",
    "user:#",
    "user:nobody",
  ])("is somebody in particular: %p is nobody (P5)", async (subject) => {
    expect(await subjectProblem(subject)).toStartWith("a.conf:3:8: ");
  });

  test.each([
    "alice",
    "user:",
    "user:1000",
    "User:alice",
    "user:-alice",
    "user:a:b",
    "user:a,b",
    "user:*",
    "!group:devs",
    "@devs",
    "any",
    "group:!devs",
    "user:alice/1",
  ])("is written in one way only: %p is refused (P11)", async (subject) => {
    expect(await subjectProblem(subject)).toStartWith("a.conf:3:8: subject ");
  });
});

describe("a group's rule (P11)", () => {
  const everyone = "[allow everyone network:lab]\nattachments = 4\nports = 8000-8999/tcp\nbandwidth = 10M\n";
  const problemWith = async (lines: string) =>
    problemsOf(
      `[network lab]\nconflist = lab.conflist\n[allow group:devs network:lab]\n${lines}\n${everyone}`,
    );

  test.each([
    ["attachments = 3", "4:15: attachments gives group:devs less than everyone has (a.conf:6: 4)"],
    ["ports = 443/tcp", "4:9: ports gives group:devs less than everyone has (a.conf:7: 8000-8999/tcp)"],
    ["ports = none", "4:9: ports gives"],
    ["ports = 8000-8500/tcp, 8502-8999/tcp", "4:9: ports gives"],
    ["ports = tcp\nhost-ips = 192.0.2.1", "4:9: ports gives"],
    ["bandwidth = 9M", "4:13: bandwidth-in gives group:devs less than everyone has (a.conf:8: 10M)"],
    ["bandwidth-out = 9M", "4:17: bandwidth-out gives"],
  ])("that gives less than everyone has is refused: %p", async (lines, problem) => {
    const [first] = await problemWith(lines);
    expect(first).toStartWith(`a.conf:${problem}`);
    expect(first).toEndWith("whoever leaves the group would have that");
  });

  test.each([
    "attachments = 4",
    "attachments = unlimited",
    "ports = 443/tcp, 8000-8500/tcp, 8501-8999/tcp",
    "bandwidth = unlimited",
    "nested = no",
  ])("that gives as much or more is not: %p", async (lines) => {
    expect(await problemWith(lines)).toEqual([]);
  });

  test("of another network does not matter", async () => {
    const other =
      "[network other]\nconflist = o.conflist\n[allow group:devs network:other]\nattachments = 1\n";
    expect(await problemsOf(`[network lab]\nconflist = lab.conflist\n${other}${everyone}`)).toEqual([]);
  });
});
