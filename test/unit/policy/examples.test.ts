import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decide, grantsOf } from "../../../policy/decide.ts";
import { compilePolicy } from "../../../policy/grammar/compile.ts";
import { readSources } from "../../../policy/tools/read-sources.ts";
import { parseRequests } from "../../../policy/tools/simulate.ts";
import { labPolicy, request } from "./policies.ts";

const directory = join(import.meta.dirname, "../../../policy/examples");
const ids = new Map(
  ["users", "www-data", "backup", "games", "daemon"].map((name, index) => [name, [100 + index]]),
);
const resolveNames = async () => ids;
const policy = compilePolicy(readSources([directory]), resolveNames);
const user = (name: string, ...groups: string[]) => ({
  uid: ids.get(name)?.[0] ?? 1000,
  gids: groups.flatMap((group) => ids.get(group) ?? []),
});
const port = (hostPort: number, hostIp?: string) => ({
  hostIp,
  hostPort,
  containerPort: 80,
  protocol: "tcp" as const,
});

describe("the example policies", () => {
  test("are one good policy, without warnings", async () => {
    expect((await policy).warnings).toEqual([]);
    expect((await policy).networks.size).toBe(3);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(["10-lab.conf", "20-web.conf"]));
  });

  test("grant what their comments say", async () => {
    const outcome = async (subject: ReturnType<typeof user>, changes: Parameters<typeof request>[0]) =>
      decide(await policy, subject, request(changes)).outcome;
    const member = user("somebody", "users");
    expect(await outcome(member, { network: "lab" })).toBe("allow");
    expect(await outcome(user("somebody"), { network: "lab" })).toBe("deny");
    expect(await outcome(user("somebody"), { network: "web" })).toBe("allow");
    expect(await outcome(user("somebody"), { network: "web", ports: [port(8080)] })).toBe("deny");
    expect(await outcome(member, { network: "web", ports: [port(8080)] })).toBe("allow");
    expect(await outcome(member, { network: "web", ports: [port(443)] })).toBe("deny");
    expect(await outcome(user("www-data"), { network: "web", ports: [port(443, "192.0.2.10")] })).toBe(
      "allow",
    );
    expect(await outcome(user("www-data"), { network: "web", ports: [port(443, "192.0.2.11")] })).toBe(
      "deny",
    );
    expect(await outcome(user("backup", "users"), { network: "web" })).toBe("deny");
    expect(await outcome(user("games", "users"), { network: "web" })).toBe("allow");
    expect(await outcome(user("games", "users"), { network: "web", ports: [port(8080)] })).toBe("deny");
    expect(await outcome(user("daemon", "users"), { network: "lab", namespaceDepth: 2 })).toBe("allow");
  });

  test("of the algorithm in the reference come out as it says", async () => {
    const sections = [
      "[allow everyone network:lab]\nattachments = 2\nconnections = 100\nmac = chosen",
      "[allow group:devs network:lab]\nattachments = 4\nports = 8000-8099/tcp",
      "[allow group:web network:lab]\nattachments = 3\nports = 443/tcp",
      "[allow user:alice network:lab]\nports = none\nconnections = 50",
      "attachments = 1",
    ];
    const rows = [1, 2, 3, 4, 5].map(async (count) => {
      const rules = await labPolicy(sections.slice(0, count).join("\n"));
      const [grant] = grantsOf(rules, { uid: 1000, gids: [1000, 2000, 2001] });
      const of = (key: string) => grant?.values.filter((one) => one.key === key).map(({ value }) => value);
      return [of("attachments"), of("connections"), of("ports"), of("mac")].map((values) =>
        values?.join(", "),
      );
    });
    expect(await Promise.all(rows)).toEqual([
      ["2", "100", "", "chosen"],
      ["4", "4096", "8000-8099/tcp", "chosen"],
      ["4", "4096", "8000-8099/tcp, 443/tcp", "chosen"],
      ["4", "50", "none", "chosen"],
      ["1", "50", "none", "chosen"],
    ]);
  });

  test("of the reference are policies, too", async () => {
    const text = readFileSync(join(directory, "../README.md"), "utf8");
    const [first = ""] = text.split("\n\n").filter((part) => part.startsWith("    [network"));
    const rules = text.slice(text.indexOf(first)).split("\n\nMembers")[0] ?? "";
    const bytes = Buffer.from(rules);
    const compiled = await compilePolicy(
      [{ file: "README.md", bytes }],
      async () => new Map([["developers", [2000]]]),
    );
    expect(compiled.rules).toHaveLength(1);
    const requests = text.split("\n").filter((line) => /^ {4}(?:#|\{)/.test(line));
    expect(parseRequests("README.md", requests.join("\n"))).toMatchObject({
      requests: [{ expect: "allow" }, { expect: "deny" }, { expect: "deny" }],
      problems: [],
    });
  });
});
