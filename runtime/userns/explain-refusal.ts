/** What is asked of the machine to find out why it makes no user namespace. */
export interface RefusalView {
  /** The text of a file; undefined when it is not there or may not be read. */
  readonly read: (path: string) => string | undefined;
  /** What unshare(1) has said. */
  readonly message: string;
}

/** A rule by which the kernel refuses user namespaces, and what lifts it. */
interface Rule {
  readonly holds: (view: RefusalView) => boolean;
  readonly text: string;
}

const switchIs = (path: string, value: string) => (view: RefusalView) => view.read(path)?.trim() === value;

/** The most certain first. */
const rules: readonly Rule[] = [
  {
    holds: switchIs("/proc/sys/user/max_user_namespaces", "0"),
    text: "user.max_user_namespaces is 0: the machine's administrator raises it with `sysctl user.max_user_namespaces=65536`",
  },
  {
    holds: switchIs("/proc/sys/kernel/unprivileged_userns_clone", "0"),
    text: "kernel.unprivileged_userns_clone is 0: the machine's administrator lifts it with `sysctl kernel.unprivileged_userns_clone=1`",
  },
  {
    holds: switchIs("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
    text: "AppArmor lets only programs with a profile make them: the machine's administrator lifts it with `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or gives cntnr a profile that allows userns",
  },
  {
    holds: ({ message }) => /No space left|Too many users/.test(message),
    text: "there are too many of them (user.max_user_namespaces), or they are nested more than 32 deep",
  },
  {
    holds: ({ read }) => /^Seccomp:\s*2$/m.test(read("/proc/self/status") ?? ""),
    text: "the seccomp filter of the container that this is in refuses them: start that container with --cap-add SYS_ADMIN, or --privileged",
  },
  {
    holds: ({ read }) => !/^(?:\S+ ){4}\/ /m.test(read("/proc/self/mountinfo") ?? ""),
    text: "this process was shut in by chroot(2), from where none can be made: start it where the root directory is a mount",
  },
];

/** Why no user namespace can be made, in words for a person: the rule and what lifts it. Pure. */
export function explainRefusal(view: RefusalView): string {
  const rule = rules.find(({ holds }) => holds(view));
  return `${beginning}${rule ? `: ${rule.text}` : ""} (${view.message})`;
}

const beginning = "no user namespace can be made here";

/** Whether a message names the rule already. */
export function isExplained(message: string): boolean {
  return message.startsWith(`${beginning}: `);
}
