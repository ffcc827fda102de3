import { describe, expect, test } from "bun:test";
import { type Stats, statSync } from "node:fs";
import { parseDevice } from "../../../../runtime/container/device-flags.ts";
import { parseOomScoreAdj, parseSysctls, parseUlimit } from "../../../../runtime/container/limit-flags.ts";
import {
  checkHostname,
  parseAddHost,
  parseDnsOption,
  parseHostsEntry,
  parseNameServer,
  parseSearchDomain,
} from "../../../../runtime/container/name-flags.ts";
import {
  parseCgroupMount,
  parseCgroupNamespace,
  parseNamespace,
  parseUserNamespace,
} from "../../../../runtime/container/namespace-flags.ts";
import { parseSecurityOptions } from "../../../../runtime/container/security-flags.ts";
import { parseSize } from "../../../../runtime/container/size-flag.ts";

describe("namespaces", () => {
  test("are private, the host's or another container's", () => {
    expect(parseNamespace("pid", undefined)).toBeUndefined();
    expect(parseNamespace("ipc", "shareable")).toBeUndefined();
    expect(parseNamespace("pid", "host")).toEqual({ kind: "host" });
    expect(parseNamespace("uts", "container:web")).toEqual({ kind: "container", container: "web" });
    expect(parseCgroupNamespace("host")).toEqual({ kind: "host" });
    expect(parseCgroupMount("rw")).toBe("rw");
  });

  test("of users are never the host's, which is said where it matters", () => {
    expect(parseUserNamespace("host")).toBeUndefined();
    expect(parseUserNamespace("container:web")).toEqual({ kind: "container", container: "web" });
  });

  test("of users may keep one's own ids, or have others", () => {
    expect(parseUserNamespace("keep-id")).toEqual({ kind: "keep-id" });
    expect(parseUserNamespace("keep-id:uid=5,gid=6")).toEqual({ kind: "keep-id", uid: 5, gid: 6 });
    for (const text of ["keep-id:5", "keep-id:uid=-1", "keep-id:uid=4294967295", "keep-id:size=5"])
      expect(() => parseUserNamespace(text)).toThrow("keep-id:uid=UID,gid=GID");
  });

  test.each(["container:", "none", "pod"])("are not %s", (text) => {
    expect(() => parseNamespace("pid", text)).toThrow("--pid");
  });
});

describe("devices", () => {
  const device = statSync("/dev/null");
  const look = (path: string): Stats | undefined =>
    ({ "/dev/x": device, "/etc/passwd": statSync("/etc/passwd") })[path];

  test.each([
    ["/dev/x", { source: "/dev/x", destination: "/dev/x", access: "read-write" }],
    ["/dev/x:/dev/y", { source: "/dev/x", destination: "/dev/y", access: "read-write" }],
    ["/dev/x:r", { source: "/dev/x", destination: "/dev/x", access: "read-only" }],
    ["/dev/x:/dev//y:rm", { source: "/dev/x", destination: "/dev/y", access: "read-only" }],
  ] as const)("%s is understood", (text, request) => {
    expect(parseDevice(text, look)).toEqual(request);
  });

  test.each([
    "/dev/none",
    "/etc/passwd",
    "dev/x",
    "/dev/x:/y:q",
    "/dev/x:y:rw",
    "a.com/gpu=all",
    "/dev/x:/y:r:w",
  ])("%s is refused", (text) => {
    expect(() => parseDevice(text, look)).toThrow(`--device ${text}`);
  });
});

describe("limits", () => {
  test("have a soft and a hard value, or one for both", () => {
    expect(parseUlimit("nofile=1:2")).toEqual({ type: "RLIMIT_NOFILE", soft: 1, hard: 2 });
    expect(parseUlimit("core=0")).toEqual({ type: "RLIMIT_CORE", soft: 0, hard: 0 });
    expect(parseUlimit("memlock=unlimited")).toEqual({ type: "RLIMIT_MEMLOCK", soft: -1, hard: -1 });
    expect(parseUlimit("stack=5:-1")).toEqual({ type: "RLIMIT_STACK", soft: 5, hard: -1 });
  });

  test.each(["nofile", "nofile=", "nofile=2:1", "nofile=-1:5", "files=1", "nofile=1:2:3", "nofile=1k"])(
    "are not %s",
    (text) => {
      expect(() => parseUlimit(text)).toThrow("--ulimit");
    },
  );

  test("of sizes have units", () => {
    expect(["64m", "1.5k", "10", "2GiB", "7 KB", "0"].map((text) => parseSize("--x", text))).toEqual([
      64 * 1024 * 1024,
      1536,
      10,
      2 * 1024 ** 3,
      7 * 1024,
      0,
    ]);
    for (const text of ["", "m", "1x", "-1", "9999999999999t"])
      expect(() => parseSize("--x", text)).toThrow("--x");
  });

  test("of the kernel are KEY=VALUE, with dots", () => {
    expect(parseSysctls(["net.ipv4.ip_forward=1", "kernel/msgmax=9"])).toEqual({
      "net.ipv4.ip_forward": "1",
      "kernel.msgmax": "9",
    });
    for (const text of ["a", "=1", "a/../b=1", "a b=1"])
      expect(() => parseSysctls([text])).toThrow("--sysctl");
  });

  test("an oom score is within a thousand", () => {
    expect(parseOomScoreAdj("-500")).toBe(-500);
    for (const text of ["1001", "x", "1.5"]) expect(() => parseOomScoreAdj(text)).toThrow("-1000 to 1000");
  });
});

describe("names", () => {
  test("are added to /etc/hosts in docker's, podman's and the file's own spelling", () => {
    expect(parseAddHost("db:192.0.2.1")).toEqual([{ name: "db", address: "192.0.2.1" }]);
    expect(parseAddHost("a;b=::1")).toEqual([
      { name: "a", address: "::1" },
      { name: "b", address: "::1" },
    ]);
    expect(parseAddHost("db:[2001:db8::1]")).toEqual([{ name: "db", address: "2001:db8::1" }]);
    expect(parseAddHost("me:host-gateway")).toEqual([{ name: "me", address: "host-gateway" }]);
    expect(parseHostsEntry("192.0.2.1  a b")).toEqual([
      { name: "a", address: "192.0.2.1" },
      { name: "b", address: "192.0.2.1" },
    ]);
    for (const text of ["db", "db:x", ":1.2.3.4", "a b:1.2.3.4", "a\nb:1.2.3.4"])
      expect(() => parseAddHost(text)).toThrow("--add-host");
    expect(() => parseHostsEntry("db 192.0.2.1")).toThrow("--hosts-entry");
  });

  test("of servers are addresses, and nothing gets a second line into a file", () => {
    expect(parseNameServer("192.0.2.53")).toBe("192.0.2.53");
    expect(parseSearchDomain("example.org")).toBe("example.org");
    expect(parseDnsOption("ndots:2")).toBe("ndots:2");
    expect(() => parseNameServer("dns.example")).toThrow("not an address");
    expect(() => parseSearchDomain("a\nnameserver 1.2.3.4")).toThrow("--dns-search");
    expect(() => parseDnsOption("a b")).toThrow("--dns-option");
    expect(() => checkHostname("a_b")).toThrow("--hostname");
  });
});

describe("security options", () => {
  const none = () => {
    throw new Error("no file");
  };
  const parse = (...texts: string[]) => parseSecurityOptions(texts, none);

  test("leave the usual restrictions on when there are none", () => {
    expect(parse()).toEqual({ seccomp: { kind: "default" }, noNewPrivileges: true, mask: [], unmask: [] });
  });

  test("are docker's and podman's words", () => {
    expect(parse("seccomp=unconfined", "no-new-privileges=false", "mask=/a:/b", "unmask=/proc/acpi")).toEqual(
      {
        seccomp: { kind: "unconfined" },
        noNewPrivileges: false,
        mask: ["/a", "/b"],
        unmask: ["/proc/acpi"],
      },
    );
    expect(parse("no-new-privileges:true", "systempaths=unconfined", "label=disable").unmask).toEqual([
      "ALL",
    ]);
    expect(parse("no-new-privileges").noNewPrivileges).toBe(true);
  });

  test.each(["mask=a", "x=y", "no-new-privileges=maybe", "seccomp", "label=type:x", "unmask="])(
    "%s is refused",
    (text) => {
      expect(() => parse(text)).toThrow(`--security-opt ${text}`);
    },
  );

  test("name a file with a profile, and what is wrong with it", () => {
    const file = (text: string) => () => parseSecurityOptions(["seccomp=p.json"], () => text);
    expect(file('{"defaultAction":"SCMP_ACT_ALLOW"}')().seccomp).toMatchObject({
      kind: "file",
      profile: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [] },
    });
    expect(file("{")).toThrow("seccomp profile p.json is not JSON");
    expect(file('{"defaultAction":"ALLOW"}')).toThrow("p.json: defaultAction");
    expect(file('{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"]}]}')).toThrow(
      "syscalls.0.action",
    );
  });
});
