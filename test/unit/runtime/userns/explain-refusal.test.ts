import { expect, test } from "bun:test";
import { explainRefusal } from "../../../../runtime/userns/explain-refusal.ts";

const message = "unshare: unshare failed: Operation not permitted";
const rootMount = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n";

test.each([
  ["/proc/sys/user/max_user_namespaces", "0\n", "sysctl user.max_user_namespaces=65536"],
  ["/proc/sys/kernel/unprivileged_userns_clone", "0\n", "sysctl kernel.unprivileged_userns_clone=1"],
  ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "AppArmor lets only programs"],
  ["/proc/self/status", "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n", "--cap-add SYS_ADMIN"],
  ["/proc/self/mountinfo", "28 27 0:25 / /proc rw - proc proc rw\n", "chroot(2)"],
])("the rule that %s tells of is named, and what lifts it", (path, text, expected) => {
  const files = new Map([
    ["/proc/self/mountinfo", rootMount],
    [path, text],
  ]);
  const said = explainRefusal({ read: (name) => files.get(name), message });
  expect(said).toContain(expected);
  expect(said).toContain(message);
});

test("too many are told from too few rights; what is not known is not guessed", () => {
  const read = (path: string) => (path === "/proc/self/mountinfo" ? rootMount : undefined);
  expect(explainRefusal({ read, message: "unshare: unshare failed: No space left on device" })).toContain(
    "32 deep",
  );
  expect(explainRefusal({ read, message })).toBe(`no user namespace can be made here (${message})`);
});
