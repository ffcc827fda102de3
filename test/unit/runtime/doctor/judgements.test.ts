import { describe, expect, test } from "bun:test";
import { judgeCgroups, judgeSeccomp } from "../../../../runtime/doctor/limits.ts";
import { judgeNetworks } from "../../../../runtime/doctor/network.ts";
import { judgeProgram } from "../../../../runtime/doctor/programs.ts";
import { judgeState, judgeUnusableDirectories } from "../../../../runtime/doctor/state-place.ts";
import {
  judgeOverlay,
  judgeStore,
  mountOf,
  type StoreFacts,
} from "../../../../runtime/doctor/store-place.ts";
import { judgeSubIds, type SubIdFacts } from "../../../../runtime/doctor/sub-ids.ts";
import { judgeUserNamespaces } from "../../../../runtime/doctor/user-namespaces.ts";
import { CntnrError } from "../../../../runtime/errors/cntnr-error.ts";

const debian = 'PRETTY_NAME="Debian"\nID=debian\n';

describe("programs", () => {
  const runc = { name: "runc", need: "no container runs", isEssential: true };
  const inside = (osRelease: string) => ({ inPath: undefined, elsewhere: undefined, osRelease });

  test("in PATH are good", () => {
    expect(judgeProgram(runc, { ...inside(debian), inPath: "/usr/bin/runc" }).verdict).toBe("good");
  });

  test("that are installed need PATH, others the distribution's package", () => {
    const outside = judgeProgram(runc, { ...inside(debian), elsewhere: "/usr/sbin/runc" });
    expect(outside).toMatchObject({
      verdict: "fault",
      remedy: { as: "user", command: 'export PATH="$PATH:/usr/sbin"' },
    });
    expect(judgeProgram(runc, inside(debian)).remedy).toEqual({
      as: "root",
      command: "apt-get install --no-install-recommends runc",
    });
    expect(judgeProgram(runc, inside('ID="rocky"\nID_LIKE="rhel centos fedora"\n')).remedy?.command).toBe(
      "dnf install runc",
    );
    expect(judgeProgram(runc, inside("ID=other\n"))).toEqual({
      verdict: "fault",
      text: "is not installed: no container runs",
    });
  });

  test("that only something optional needs are warnings", () => {
    expect(judgeProgram({ ...runc, isEssential: false }, inside(debian)).verdict).toBe("warning");
  });
});

describe("user namespaces", () => {
  const facts = {
    failure: undefined,
    most: 1000,
    unprivilegedClone: undefined,
    appArmorRestricts: undefined,
  };
  const failing = { ...facts, failure: "unshare: Operation not permitted" };

  test("that can be made are good, whatever sysctls say", () => {
    expect(judgeUserNamespaces({ ...facts, appArmorRestricts: 1 }).verdict).toBe("good");
  });

  test("that cannot be made are a fault, and the sysctl that forbids them is named", () => {
    const sysctlOf = (more: object) =>
      /'(\S+) = (\d+)'/.exec(judgeUserNamespaces({ ...failing, ...more }).remedy?.command ?? "")?.slice(1);
    expect(sysctlOf({ unprivilegedClone: 0 })).toEqual(["kernel.unprivileged_userns_clone", "1"]);
    expect(sysctlOf({ most: 0 })).toEqual(["user.max_user_namespaces", "15000"]);
    expect(sysctlOf({ appArmorRestricts: 1 })).toEqual(["kernel.apparmor_restrict_unprivileged_userns", "0"]);
    expect(sysctlOf({ failure: "unshare: No space left on device" })).toEqual([
      "user.max_user_namespaces",
      "4000",
    ]);
    expect(judgeUserNamespaces(failing)).toMatchObject({
      verdict: "fault",
      text: expect.stringContaining("Operation not permitted"),
    });
  });
});

describe("sub-ids", () => {
  const setuid = (path: string) => ({ path, mode: 0o104755, owner: 0, hasCapabilities: false });
  const facts: SubIdFacts = {
    user: "alice",
    uid: 1000,
    isLocalUser: true,
    uids: [{ start: 100_000, count: 65_536 }],
    gids: [{ start: 100_000, count: 65_536 }],
    subuid: "alice:100000:65536\nbob:165536:65536\n",
    subgid: "alice:100000:65536\ncarol:300000:10\n",
    mappers: [setuid("/usr/bin/newuidmap"), setuid("/usr/bin/newgidmap")],
    installMappers: "apt-get install uidmap",
    hasNoNewPrivileges: false,
    failure: undefined,
  };

  test("that work are good, root needs none", () => {
    expect(judgeSubIds(facts)).toEqual({
      verdict: "good",
      text: "65536 users and 65536 groups beside your own",
    });
    expect(judgeSubIds({ ...facts, uid: 0, uids: [] }).verdict).toBe("good");
  });

  test("that are missing come from a range that is nobody's, in the file that has none", () => {
    expect(judgeSubIds({ ...facts, uids: [], gids: [] })).toMatchObject({
      verdict: "warning",
      remedy: {
        as: "root",
        command: "usermod --add-subuids 300010-365545 --add-subgids 300010-365545 alice",
      },
    });
    expect(judgeSubIds({ ...facts, gids: [] }).remedy?.command).toBe(
      "usermod --add-subgids 300010-365545 alice",
    );
    const remote = judgeSubIds({ ...facts, isLocalUser: false, uids: [], gids: [], subuid: "", subgid: "" });
    expect(remote.remedy?.command).toBe("echo alice:100000:65536 | tee -a /etc/subuid /etc/subgid");
    const nameless = judgeSubIds({
      ...facts,
      user: undefined,
      isLocalUser: false,
      uids: [],
      subuid: "",
      subgid: "",
    });
    expect(nameless.remedy?.command).toBe("echo 1000:100000:65536 | tee -a /etc/subuid");
  });

  test("that are few are a warning", () => {
    expect(judgeSubIds({ ...facts, gids: [{ start: 1, count: 1000 }] })).toMatchObject({
      verdict: "warning",
      text: expect.stringContaining("you have 1000"),
    });
  });

  test("need newuidmap and newgidmap, with the right to map", () => {
    expect(judgeSubIds({ ...facts, mappers: [facts.mappers[0], undefined] })).toMatchObject({
      verdict: "warning",
      remedy: { command: "apt-get install uidmap" },
    });
    const weak = { ...setuid("/usr/bin/newgidmap"), mode: 0o100755 };
    expect(
      judgeSubIds({ ...facts, mappers: [facts.mappers[0], weak], failure: "not permitted" }),
    ).toMatchObject({
      verdict: "fault",
      remedy: { command: "chown root: /usr/bin/newgidmap && chmod u+s /usr/bin/newgidmap", as: "root" },
    });
    const capable = { ...weak, hasCapabilities: true };
    expect(judgeSubIds({ ...facts, mappers: [capable, capable], failure: "no" }).remedy).toBeUndefined();
    expect(judgeSubIds({ ...facts, hasNoNewPrivileges: true, failure: "no" }).remedy?.as).toBe("user");
  });
});

describe("the store", () => {
  const facts: StoreFacts = {
    path: "/home/alice/.local/share/cntnr",
    freeBytes: 5 * 2 ** 30,
    mount: { point: "/home", type: "ext4", options: ["rw", "relatime"] },
    copyReason: undefined,
    overlayFailure: undefined,
  };

  test("is good with room, on a mount where files can be executed", () => {
    expect(judgeStore(facts).verdict).toBe("good");
    expect(judgeStore({ ...facts, freeBytes: 1 << 20 })).toMatchObject({
      verdict: "warning",
      remedy: { as: "user" },
    });
    const mount = { point: "/home", type: "ext4", options: ["rw", "noexec"] };
    expect(judgeStore({ ...facts, mount })).toMatchObject({
      verdict: "fault",
      remedy: { as: "root", command: "mount -o remount,exec /home" },
    });
  });

  test("takes overlays, or copies, or nothing", () => {
    expect(judgeOverlay(facts).verdict).toBe("good");
    expect(judgeOverlay({ ...facts, copyReason: "it is on NFS" })).toMatchObject({
      verdict: "warning",
      text: expect.stringContaining("it is on NFS"),
    });
    expect(
      judgeOverlay({ ...facts, overlayFailure: "mount: unknown filesystem type 'overlay'." }),
    ).toMatchObject({
      verdict: "fault",
      remedy: { as: "root", command: "modprobe overlay" },
    });
    expect(judgeOverlay({ ...facts, overlayFailure: "permission denied" }).verdict).toBe("fault");
  });

  test("is on the mount whose point is the longest, and the last of those", () => {
    const mountinfo = `1 0 8:1 / / rw shared:1 - ext4 /dev/a rw
2 1 8:2 / /home rw,noexec - xfs /dev/b rw
3 2 8:3 / /home/a\\040b rw - btrfs /dev/c rw
4 1 8:4 / /home rw,nosuid shared:2 master:1 - nfs server:/home rw
`;
    expect(mountOf("/home/alice", mountinfo)).toEqual({
      point: "/home",
      type: "nfs",
      options: ["rw", "nosuid"],
    });
    expect(mountOf("/home/a b/c", mountinfo)?.type).toBe("btrfs");
    expect(mountOf("/homes", mountinfo)?.type).toBe("ext4");
  });
});

test("directories that cannot be used are a fault, and state in /tmp a warning", () => {
  const error = new CntnrError("engine", "the directory /run/none/cntnr cannot be made");
  expect(judgeUnusableDirectories(error, "/run/none")).toMatchObject({
    verdict: "fault",
    remedy: { command: "unset XDG_RUNTIME_DIR", as: "user" },
  });
  expect(judgeUnusableDirectories(error, undefined).remedy).toBeUndefined();
  expect(judgeState("/run/user/1000/cntnr", 1000, "alice").verdict).toBe("good");
  expect(judgeState("/tmp/cntnr-run-1000", 1000, "alice").remedy?.command).toBe(
    "loginctl enable-linger alice",
  );
});

test("limits need controllers of the user's own", () => {
  const all = new Set(["cpu", "cpuset", "io", "memory", "pids"]);
  expect(judgeCgroups({ kind: "delegated", path: "/a", controllers: all }, true).verdict).toBe("good");
  const some = judgeCgroups(
    { kind: "delegated", path: "/a", controllers: new Set(["memory", "pids"]) },
    true,
  );
  expect(some.text).toContain("limits by cpu, cpuset, io are refused");
  expect(some.remedy?.command).toContain("Delegate=cpu cpuset io memory pids");
  expect(judgeCgroups({ kind: "none", hierarchy: "v2", reason: "it is not yours" }, true).remedy?.as).toBe(
    "user",
  );
  expect(
    judgeCgroups({ kind: "none", hierarchy: "v2", reason: "it is not yours" }, false).remedy,
  ).toBeUndefined();
  expect(
    judgeCgroups({ kind: "none", hierarchy: "v1", reason: "controllers in cgroups v1" }, true).remedy?.as,
  ).toBe("root");
});

test("seccomp needs the kernel, and runc", () => {
  expect(judgeSeccomp("kill errno allow\n", "runc version 1.1.5\nlibseccomp: 2.5.4\n")).toEqual({
    verdict: "good",
    text: "the kernel has it, runc uses libseccomp 2.5.4",
  });
  expect(judgeSeccomp(undefined, undefined).verdict).toBe("fault");
  expect(judgeSeccomp("errno", "runc version 1.1.5\n").verdict).toBe("fault");
  expect(judgeSeccomp("errno", undefined).verdict).toBe("good");
});

test("networks are those that are granted, and their lack is a warning", () => {
  const lab = {
    ...{ name: "lab", plugins: ["bridge"], used: 1, limit: 8, addressesUsed: 1, addressesLimit: 8, free: 9 },
    ...{ portsUsed: 0, portsLimit: 0 },
    ...{ grantedBy: "allow user:alice network:lab", grants: [], settings: {}, subnets: [] },
  };
  expect(judgeNetworks([lab], "alice").text).toContain("lab: 1/8 in use, allow user:alice network:lab");
  expect(judgeNetworks([], "alice")).toMatchObject({ verdict: "warning", remedy: { as: "root" } });
  const absent = judgeNetworks(new CntnrError("unavailable", "is not running"), "alice");
  expect(absent).toMatchObject({ verdict: "warning", remedy: { as: "root" } });
  expect(judgeNetworks(new CntnrError("not-permitted", "not trusted"), "alice").remedy).toBeUndefined();
});
