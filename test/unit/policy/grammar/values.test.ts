import { describe, expect, test } from "bun:test";
import { compile, labPolicy, problemsOf } from "../policies.ts";

async function allowProblem(line: string): Promise<string | undefined> {
  const problems = await problemsOf(
    `[network lab]\nconflist = lab.conflist\n[allow user:alice network:lab]\n${line}\n`,
  );
  return problems[0];
}

async function networkProblem(line: string): Promise<string | undefined> {
  return (await problemsOf(`[network lab]\nconflist = lab.conflist\n${line}\n`))[0];
}

/** The values of the one rule with these lines. */
async function valuesOf(...lines: string[]): Promise<Record<string, unknown>> {
  const policy = await labPolicy(`[allow user:alice network:lab]\n${lines.join("\n")}\n`);
  const values = Object.entries(policy.rules[0]?.values ?? {});
  return Object.fromEntries(values.map(([key, stated]) => [key, stated.value]));
}

describe("numbers (C8)", () => {
  test.each(["010", "1e3", "-1", "+1", "0x10", "1.0", "1_000", "", "1 0", "٣", "Infinity", "99999999999"])(
    "are decimal and nothing else: %p is none",
    async (text) => {
      expect(await allowProblem(`attachments = ${text}`)).toMatch(/^a\.conf:4:\d+: /);
    },
  );

  test("have a range, and a word for no limit", async () => {
    expect(await allowProblem("attachments = 1000")).toBe(
      "a.conf:4:15: attachments must be a decimal number from 0 to 999, or the word unlimited",
    );
    expect(await allowProblem("attachments = Unlimited")).toContain("4:15");
    expect(await valuesOf("attachments = unlimited", "addresses = 65535", "connections = 0")).toMatchObject({
      attachments: "unlimited",
      addresses: 65535,
      connections: 0,
    });
    expect(await networkProblem("attachments = 1000")).toContain("from 1 to 999");
    expect(await networkProblem("attachments = unlimited")).toContain("from 1 to 999");
  });

  test("that a rule with attachments does not mention are the defaults, and of one without nothing is said", async () => {
    const defaults = {
      addresses: "unlimited",
      publishedPorts: 128,
      bandwidthIn: "unlimited",
      bandwidthOut: "unlimited",
      connections: 4096,
    };
    expect(await valuesOf("attachments = 1")).toEqual({ attachments: 1, ...defaults });
    expect(await valuesOf("attachments = 1", "connections = 5")).toEqual({
      attachments: 1,
      ...defaults,
      connections: 5,
    });
    expect(await valuesOf("attachments = 0")).toEqual({ attachments: 0 });
    expect(await valuesOf("connections = 5")).toEqual({ connections: 5 });
  });

  test("of bandwidth are bits in a second with decimal units", async () => {
    expect(await valuesOf("bandwidth = 200M")).toEqual({ bandwidthIn: 200e6, bandwidthOut: 200e6 });
    expect(await valuesOf("bandwidth-in = 8", "bandwidth-out = 1000G")).toEqual({
      bandwidthIn: 8,
      bandwidthOut: 1e12,
    });
    for (const text of ["0", "7", "1001G", "010M", "200m", "200 M", "1.5G", "200Mbit"])
      expect(await allowProblem(`bandwidth = ${text}`)).toStartWith("a.conf:4:13: bandwidth must be bits");
    expect(await allowProblem("bandwidth = 1M\nbandwidth-in = 1M")).toStartWith(
      "a.conf:5:16: bandwidth-in is given",
    );
  });
});

describe("ports", () => {
  test("are numbers or ranges with a protocol, or a protocol for all ports from 1024 on", async () => {
    expect(await valuesOf("ports = 8000-8999/tcp, 443/tcp,53/udp , sctp")).toEqual({
      publish: [
        {
          ports: [
            { protocol: "tcp", first: 8000, last: 8999 },
            { protocol: "tcp", first: 443, last: 443 },
            { protocol: "udp", first: 53, last: 53 },
            { protocol: "sctp", first: 1024, last: 65535 },
          ],
          hostIps: "any",
        },
      ],
    });
  });

  test.each([
    ["8080", 9, "must be PORT/PROTOCOL"],
    ["0/tcp", 9, "must be PORT/PROTOCOL"],
    ["65536/tcp", 9, "must be PORT/PROTOCOL"],
    ["8000-70000/tcp", 9, "must be PORT/PROTOCOL"],
    ["080/tcp", 9, "must be PORT/PROTOCOL"],
    ["80/icmp", 9, "must be PORT/PROTOCOL"],
    ["TCP", 9, "must be PORT/PROTOCOL"],
    ["any", 9, "must be PORT/PROTOCOL"],
    ["80/tcp, 9000-8000/tcp", 17, "has the higher port first"],
    ["80/tcp,, 81/tcp", 16, "has an empty entry"],
    ["80/tcp,", 16, "has an empty entry"],
    ["80/tcp, 80/tcp", 17, "names 80/tcp twice"],
    ["80/tcp, none", 17, "must be PORT/PROTOCOL"],
    ["80/tcp, 1000-2000/tcp", 17, "goes over 1024; write 1000-1023/tcp and 1024-2000/tcp if both are meant"],
  ])("%p is refused at column %p", async (text, column, message) => {
    expect(await allowProblem(`ports = ${text}`)).toStartWith(`a.conf:4:${column}: ports ${message}`);
  });

  test("go with the addresses of their own rule", async () => {
    expect(await valuesOf("ports = 443/tcp", "host-ips = 192.0.2.10, 2001:db8::10")).toMatchObject({
      publish: [{ hostIps: [{ text: "192.0.2.10" }, { text: "2001:db8::10" }] }],
    });
    expect(await allowProblem("host-ips = 192.0.2.10")).toStartWith(
      "a.conf:4:12: host-ips says where the ports",
    );
    for (const text of [
      "none",
      "192.0.2.0/24",
      "010.1.1.1",
      "any, 192.0.2.10",
      "0.0.0.0",
      "::",
      "fe80::1%eth0",
      "localhost",
    ])
      expect(await allowProblem(`ports = 443/tcp\nhost-ips = ${text}`)).toStartWith("a.conf:5:12: host-ips ");
  });
});

describe("addresses", () => {
  test("are IPv4 and IPv6 addresses and prefixes, kept in canonical form", async () => {
    const values = await valuesOf(
      "static-ips = 10.20.0.64/27, 10.20.0.7/32, 2001:DB8:0:0::/64, 2001:db8:1::7",
    );
    expect(values.staticIps).toMatchObject([
      { text: "10.20.0.64/27" },
      { text: "10.20.0.7" },
      { text: "2001:db8::/64" },
      { text: "2001:db8:1::7" },
    ]);
  });

  test.each([
    "010.1.1.1",
    "10.1",
    "10.20.0.0/024",
    "10.20.0.0/33",
    "10.20.0.64-10.20.0.70",
    "2001:db8::/129",
    "fe80::1%eth0",
    "::ffff:10.20.0.1",
    "::ffff:a14:1",
    "[2001:db8::1]",
    "1::2::3",
    "any",
  ])("%p is none", async (text) => {
    expect(await allowProblem(`static-ips = ${text}`)).toStartWith(
      "a.conf:4:14: static-ips must be IPv4 or IPv6",
    );
  });

  test("have nothing behind the prefix, and the message says what was meant", async () => {
    expect(await allowProblem("static-ips = 10.20.1.0/24, 10.20.0.65/27")).toBe(
      "a.conf:4:28: static-ips has bits behind the prefix; the network is 10.20.0.64/27",
    );
  });
});

describe("a network", () => {
  test("has everything shut by default", async () => {
    const policy = await labPolicy("");
    expect(policy.networks.get("lab")).toEqual({
      name: "lab",
      conflist: "lab.conflist",
      attachments: 999,
      isolation: "user",
      hostAccess: "none",
      egress: "none",
      masquerade: false,
      place: "a.conf:1",
    });
  });

  test("says what its containers reach", async () => {
    const policy = await labPolicy(
      "",
      "attachments = 900\nisolation = group\nhost-access = 53/udp, 1-2000/tcp\negress = 10.0.0.0/8, 2001:DB8::/32\nmasquerade = yes",
    );
    expect(policy.networks.get("lab")).toMatchObject({
      attachments: 900,
      isolation: "group",
      hostAccess: [
        { protocol: "udp", first: 53, last: 53 },
        { protocol: "tcp", first: 1, last: 2000 },
      ],
      egress: ["10.0.0.0/8", "2001:db8::/32"],
      masquerade: true,
    });
    expect((await labPolicy("", "host-access = all\negress = any")).networks.get("lab")).toMatchObject({
      hostAccess: "all",
      egress: "any",
    });
  });

  test.each([
    ["masquerade = true", "3:14: masquerade must be yes or no"],
    ["masquerade = 1", "3:14: masquerade must be yes or no"],
    ["isolation = none", "3:13: isolation must be alone, user, group or open"],
    ["host-access = tcp", "3:15: host-access must be PORT/PROTOCOL"],
    ["egress = 10.0.0.0", ""],
    ["egress = internet", "3:10: egress must be IPv4 or IPv6"],
    ["conflist = x", "3:1: conflist is given twice"],
  ])("with %p", async (line, problem) => {
    const found = await networkProblem(line);
    if (problem === "") expect(found).toBeUndefined();
    else expect(found).toStartWith(`a.conf:${problem}`);
  });

  test.each([
    "../lab.conflist",
    "/etc/lab.conflist",
    ".conflist",
    ".x.conflist",
    "-x.conflist",
    "lab.conf",
    "a b.conflist",
  ])("cannot name the file %p", async (name) => {
    expect((await problemsOf(`[network lab]\nconflist = ${name}\n`))[0]).toStartWith(
      "a.conf:2:12: conflist must be a file name",
    );
  });

  test.each(["Lab", "a-b", "_a", "a".repeat(33), "a.b", "a/b", "*"])("cannot be called %p", async (name) => {
    expect((await problemsOf(`[network ${name}]\nconflist = lab.conflist\n`))[0]).toStartWith(
      "a.conf:1:10: a network's name is",
    );
  });

  test("that nobody can use, or with settings that do nothing, is warned of", async () => {
    const { warnings } = await labPolicy(
      "[allow everyone network:lab]\nports = tcp\nnames = yes\n",
      "masquerade = yes\nisolation = group",
    );
    expect(warnings).toEqual([
      "a.conf:1: no rule gives attachments on network lab: nobody can use it",
      "a.conf:1: masquerade has no effect while egress is none",
      "a.conf:1: isolation is by group, but no rule for network lab names a group",
      "a.conf:7: names = yes has no effect yet: no names are served",
    ]);
  });

  test("may be in another file than its rules, before or after them", async () => {
    expect(
      await problemsOf(
        "[allow everyone network:lab]\nattachments = 1\n[network lab]\nconflist = a.conflist\n",
      ),
    ).toEqual([]);
    await expect(compile("[allow everyone network:lab]\n")).rejects.toThrow(
      "a.conf:1:25: there is no [network lab]",
    );
  });
});
