import type { Delegation } from "../cgroup/delegation.ts";
import { asRoot, asUser, type Finding, fault, good, warning } from "./check.ts";

/** Controllers behind --memory, --cpus, --cpuset-cpus, --pids-limit and --blkio-weight. */
const wanted = ["cpu", "cpuset", "io", "memory", "pids"];

const delegate =
  "mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload";

/**
 * Whether containers can be limited. Pure.
 * @param hasSystemd whether systemd runs the machine
 */
export function judgeCgroups(delegation: Delegation, hasSystemd: boolean): Finding {
  if (delegation.kind === "none") {
    const text = `--memory, --cpus, --pids-limit and their like are refused: ${delegation.reason}`;
    if (delegation.hierarchy === "v1" && hasSystemd)
      return warning(
        text,
        asRoot(
          "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&systemd.unified_cgroup_hierarchy=1 /' /etc/default/grub && update-grub && reboot",
        ),
      );
    return warning(
      text,
      hasSystemd ? asUser("systemd-run --user --scope -p Delegate=yes $SHELL") : undefined,
    );
  }
  const { path, controllers } = delegation;
  const missing = wanted.filter((name) => !controllers.has(name));
  if (missing.length === 0) return good(`all are yours in ${path}`);
  const yours = controllers.size === 0 ? "none" : [...controllers].join(", ");
  return warning(
    `of the controllers ${yours} are yours in ${path}: limits by ${missing.join(", ")} are refused`,
    hasSystemd ? asRoot(delegate) : undefined,
  );
}

/**
 * Whether system calls can be filtered. Pure.
 * @param actions text of /proc/sys/kernel/seccomp/actions_avail; undefined when it is not there
 * @param runtimeVersion what `runc --version` prints; undefined when it prints nothing
 */
export function judgeSeccomp(actions: string | undefined, runtimeVersion: string | undefined): Finding {
  const unconfined = asUser("cntnr run --security-opt seccomp=unconfined ...");
  if (actions === undefined || !actions.split(/\s+/).includes("errno"))
    return fault("this kernel filters no system calls, as containers are by default", unconfined);
  const library = /^libseccomp: *(\S+)/m.exec(runtimeVersion ?? "")?.[1];
  if (runtimeVersion !== undefined && library === undefined)
    return fault("runc was built without it: containers are refused unless they are unconfined", unconfined);
  return good(
    library === undefined ? "the kernel has it" : `the kernel has it, runc uses libseccomp ${library}`,
  );
}
