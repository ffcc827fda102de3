import { expect, test } from "bun:test";
import { planMounts } from "../../../../runtime/bundle/mount-plan.ts";
import type { NetworkMode, ResolvedMount } from "../../../../runtime/container/container-options.ts";
import { noConcessions } from "../../../../runtime/nesting/plan-concessions.ts";
import { plainNetwork } from "../../../../runtime/network/network-request.ts";
import { mapIds } from "../../../../runtime/userns/load-id-mappings.ts";

const subordinate = [{ start: 100000, count: 65536 }];
const mappings = { uids: mapIds(1000, subordinate), gids: mapIds(1000, subordinate), subordinate: true };
const one = { uids: mapIds(1000, []), gids: mapIds(1000, []), subordinate: false };
const files = { "/etc/hosts": "/bundle/hosts" };

function plan(mounts: readonly ResolvedMount[], network: NetworkMode = { kind: "none" }, ids = mappings) {
  return planMounts({ options: { mounts, network }, mappings: ids, files, concessions: noConcessions });
}
const bind = (destination: string, options: readonly string[] = [], readOnly = false): ResolvedMount => ({
  kind: "bind",
  source: "/source",
  destination,
  readOnly,
  options,
});

test("a directory is mounted before what is in it", () => {
  const destinations = plan([bind("/a/b/c"), bind("/etc"), bind("/a")]).map(({ destination }) => destination);
  for (const [outer, inner] of [
    ["/a", "/a/b/c"],
    ["/etc", "/etc/hosts"],
    ["/dev", "/dev/shm"],
    ["/sys", "/sys/fs/cgroup"],
  ] as const)
    expect(destinations.indexOf(outer)).toBeLessThan(destinations.indexOf(inner));
});

test("a mount of the user's takes the place of one of ours", () => {
  const mounts = plan([bind("/etc/hosts"), bind("/dev/shm")]);
  expect(mounts.filter(({ destination }) => destination === "/etc/hosts")).toEqual([
    { destination: "/etc/hosts", type: "bind", source: "/source", options: ["rbind", "rprivate"] },
  ]);
  expect(mounts.filter(({ destination }) => destination === "/dev/shm")).toHaveLength(1);
});

test("who mounts all of /dev gets nothing of ours in it, but the files of /etc stay in an /etc of the user's", () => {
  const destinations = plan([bind("/dev"), bind("/etc")]).map(({ destination }) => destination);
  expect(destinations.filter((path) => path.startsWith("/dev/"))).toEqual([]);
  expect(destinations).toContain("/etc/hosts");
});

test("a bind has one kind of bind and of propagation", () => {
  const optionsOf = (...asked: Parameters<typeof bind>) =>
    plan([bind(...asked)]).find(({ destination }) => destination === "/x")?.options;
  expect(optionsOf("/x", ["bind", "rslave", "noexec"], true)).toEqual(["bind", "rslave", "noexec", "ro"]);
});

test("a tmpfs is restricted unless it is asked otherwise", () => {
  const tmpfs: ResolvedMount = { kind: "tmpfs", destination: "/t", options: ["exec", "size=1m"] };
  expect(plan([tmpfs]).find(({ destination }) => destination === "/t")?.options).toEqual([
    "nosuid",
    "nodev",
    "exec",
    "size=1m",
  ]);
});

test("on the host's network /sys is the host's, which none but root could mount anew", () => {
  const sysOf = (network: NetworkMode) =>
    plan([], network).find(({ destination }) => destination === "/sys")?.type;
  expect(sysOf({ kind: "host" })).toBe("bind");
  expect(sysOf({ kind: "netd", networks: [plainNetwork("lab")] })).toBe("sysfs");
});

test("terminals belong to group tty where it is mapped", () => {
  const optionsOf = (ids: typeof mappings) =>
    plan([], undefined, ids).find(({ type }) => type === "devpts")?.options;
  expect(optionsOf(mappings)).toContain("gid=5");
  expect(optionsOf(one)?.some((option) => option.startsWith("gid="))).toBe(false);
});
