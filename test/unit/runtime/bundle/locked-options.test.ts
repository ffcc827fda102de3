import { expect, test } from "bun:test";
import { lockedOptions } from "../../../../runtime/bundle/locked-options.ts";

const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:20 / /tmp rw,nosuid,nodev shared:2 - tmpfs tmpfs rw
24 23 0:21 / /tmp/with\\040space ro,noexec - tmpfs tmpfs ro
25 22 0:22 / /mnt rw,nosuid - tmpfs tmpfs rw
26 25 0:23 / /mnt rw,nodev - tmpfs tmpfs rw
`;

test.each([
  ["/home/alice", []],
  ["/", []],
  ["/tmp", ["nosuid", "nodev"]],
  ["/tmp/x", ["nosuid", "nodev"]],
  ["/tmp2", []],
  ["/tmp/with space/x", ["ro", "noexec"]],
  ["/mnt/x", ["nodev"]],
])("a bind of %s has to keep %p", (path, options) => {
  expect(lockedOptions(mountinfo, path)).toEqual(options);
});
