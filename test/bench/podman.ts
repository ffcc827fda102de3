import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestHost } from "../fixtures/test-host.ts";
import { checked, runChecked, type TestUser } from "../fixtures/users.ts";

/**
 * Makes rootless podman work, and as fast as it can be, for a user of the host: one cgroup2 tree, as any current
 * distribution has it; runc, as cntnr uses; the kernel's overlay instead of fuse; a tun device that users may open.
 * Everyone in the host then sees the same machine.
 */
export async function preparePodman(host: TestHost, user: TestUser): Promise<void> {
  const machine = [
    "umount -R /sys/fs/cgroup",
    "mount -t cgroup2 none /sys/fs/cgroup",
    "mount -t tmpfs -o mode=755 none /dev/net",
    "mknod -m 666 /dev/net/tun c 10 200",
  ].join(" && ");
  const argv = ["sh", "-c", machine];
  checked(argv, await host.asRoot(argv));
  const folder = join(host.directory, "home", user.name, ".config/containers");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "containers.conf"),
    '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n',
  );
  writeFileSync(join(folder, "storage.conf"), '[storage]\ndriver = "overlay"\n');
  await runChecked(["chown", "-R", `${user.uid}:${user.gid}`, join(folder, "..")]);
}
