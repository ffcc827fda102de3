import { describe, expect, test } from "bun:test";
import { explain } from "../../../../policy/tools/explain.ts";
import { parsePortRequest } from "../../../../policy/tools/request-text.ts";
import { show } from "../../../../policy/tools/show.ts";
import { aliceOfDevs, bob, labPolicy, request } from "../policies.ts";

const rules = `[allow group:devs network:lab]
attachments = 8
ports = 8000-8999/tcp
host-ips = 192.0.2.10
bandwidth = 200M
[allow everyone network:lab]
attachments = 1
connections = 100
bandwidth = 50M
`;

describe("an explanation (C10)", () => {
  test("of what is allowed names the line for every value, and what the attachment gets", async () => {
    const ports = [{ hostIp: undefined, hostPort: 8080, containerPort: 80, protocol: "tcp" as const }];
    const policy = await labPolicy(rules, "isolation = group\negress = 10.0.0.0/8");
    const { isAllowed, lines } = explain(
      policy,
      "alice",
      aliceOfDevs,
      request({ ports, attachmentsUsed: 3 }),
    );
    expect(isAllowed).toBeTrue();
    expect(lines).toEqual([
      "ALLOWED: alice (uid 1000, groups 1000 2000) may attach to network lab",
      "  yes  port 8080/tcp: is in ports = 8000-8999/tcp on 192.0.2.10",
      "       by allow group:devs network:lab (a.conf:7)",
      "  yes  network: 0 of 999 attachments of all users are in use (a.conf:1)",
      "  yes  attachments: 3 of 8 attachments are in use",
      "       by allow group:devs network:lab (a.conf:6)",
      "  yes  addresses: 0 of unlimited addresses are in use",
      "       by allow group:devs network:lab (a.conf:6)",
      "  yes  published ports: 0 of 128 published ports are in use",
      "       by allow group:devs network:lab (a.conf:6)",
      "",
      "The attachment has",
      "  talks to       the attachments of group 2000",
      "  host-access    none",
      "  egress         10.0.0.0/8",
      "  masquerade     no",
      "  bandwidth-in   200M",
      "  bandwidth-out  200M",
      "  connections    4096",
      "",
      "Rules for this user on this network",
      "  allow everyone network:lab (a.conf:10)",
      "  allow group:devs network:lab (a.conf:5)",
    ]);
  });

  test("of what is denied tells every aspect, not just the first that is missing", async () => {
    const policy = await labPolicy(rules);
    const wanted = request({ names: true, staticIps: ["10.20.0.7"], attachmentsUsed: 1 });
    const { isAllowed, findings, lines } = explain(policy, "bob", bob, wanted);
    expect(isAllowed).toBeFalse();
    expect(lines[0]).toBe("DENIED: bob (uid 1001, groups 1001) may not attach to network lab like this");
    expect(findings.map(({ aspect, verdict }) => [aspect, verdict])).toEqual([
      ["names", "not-granted"],
      ["address 10.20.0.7", "not-granted"],
      ["network", "granted"],
      ["attachments", "quota-exceeded"],
      ["addresses", "granted"],
    ]);
  });

  test.each([
    ["alone", "no other attachment"],
    ["user", "the attachments of uid 1000"],
    ["open", "all attachments"],
  ])("says whom an attachment reaches with isolation %s", async (isolation, text) => {
    const { lines } = explain(
      await labPolicy(rules, `isolation = ${isolation}`),
      "alice",
      aliceOfDevs,
      request(),
    );
    expect(lines).toContain(`  talks to       ${text}`);
  });
});

describe("what a user may use", () => {
  test("is shown with the lines that say so, and with the networks' own", async () => {
    expect(show(await labPolicy(rules), "alice", aliceOfDevs)).toEqual([
      "alice (uid 1000, groups 1000 2000) may use",
      "",
      "network lab",
      "  attachments      8                            allow group:devs network:lab (a.conf:5)",
      "  addresses        unlimited                    allow group:devs network:lab (a.conf:5)",
      "  published-ports  128                          allow group:devs network:lab (a.conf:5)",
      "  ports            8000-8999/tcp on 192.0.2.10  allow group:devs network:lab (a.conf:6)",
      "  bandwidth-in     200M                         allow group:devs network:lab (a.conf:8)",
      "  bandwidth-out    200M                         allow group:devs network:lab (a.conf:8)",
      "  connections      4096                         allow group:devs network:lab (a.conf:5)",
      "    conflist     lab.conflist  a.conf:1",
      "    attachments  999           a.conf:1",
      "    isolation    user          a.conf:1",
      "    host-access  none          a.conf:1",
      "    egress       none          a.conf:1",
      "    masquerade   no            a.conf:1",
    ]);
  });

  test("is said to be nothing when it is nothing", async () => {
    expect(show(await labPolicy(""), "bob", bob)).toEqual([
      "bob (uid 1001, groups 1001) may use no network.",
    ]);
  });
});

describe("a port on a command line", () => {
  const tcp = { hostIp: undefined, hostPort: 8080, containerPort: 8080, protocol: "tcp" };
  test.each([
    ["8080", tcp],
    ["8080/tcp", tcp],
    ["8080:80", { ...tcp, containerPort: 80 }],
    ["8080:80/sctp", { ...tcp, containerPort: 80, protocol: "sctp" }],
    ["192.0.2.1:8080", { ...tcp, hostIp: "192.0.2.1" }],
    ["192.0.2.1:8080:80/udp", { hostIp: "192.0.2.1", hostPort: 8080, containerPort: 80, protocol: "udp" }],
    ["[2001:db8::1]:8080:80", { ...tcp, hostIp: "2001:db8::1", containerPort: 80 }],
  ])("%s", (text, port) => {
    expect(parsePortRequest(text)).toEqual(port as ReturnType<typeof parsePortRequest>);
  });

  test.each([
    "",
    "tcp",
    "80/icmp",
    "8080:",
    ":80",
    "1:2:3",
    "2001:db8::1:80",
    "80-90",
    "8080/TCP",
    "8080 ",
    "123456",
  ])("%p is none", (text) => {
    expect(parsePortRequest(text)).toBeUndefined();
  });
});
