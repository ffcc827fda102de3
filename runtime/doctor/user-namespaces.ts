import { isExplained } from "../userns/explain-refusal.ts";
import { type Finding, fault, good, setSysctl } from "./check.ts";

/** What is known of user namespaces. */
export interface UserNamespaceFacts {
  /** Why one could not be made, with its mounts; undefined when it could. */
  readonly failure: string | undefined;
  /** /proc/sys/user/max_user_namespaces (namespaces(7)) */
  readonly most: number | undefined;
  /** /proc/sys/kernel/unprivileged_userns_clone, which Debian's kernels have */
  readonly unprivilegedClone: number | undefined;
  /** /proc/sys/kernel/apparmor_restrict_unprivileged_userns, which Ubuntu's have */
  readonly appArmorRestricts: number | undefined;
}

/** What somebody sets who turns them on again; the kernel's own default depends on the memory. */
const usualMost = 15_000;

/** Pure. */
export function judgeUserNamespaces(facts: UserNamespaceFacts): Finding {
  const { failure, most, unprivilegedClone, appArmorRestricts } = facts;
  if (failure === undefined) return good("can be made");
  if (unprivilegedClone === 0)
    return fault(
      "the administrator lets nobody but root make them",
      setSysctl("kernel.unprivileged_userns_clone", 1),
    );
  if (most === 0)
    return fault("the administrator has turned them off", setSysctl("user.max_user_namespaces", usualMost));
  if (appArmorRestricts === 1)
    return fault(
      `AppArmor gives them no rights: ${failure}`,
      setSysctl("kernel.apparmor_restrict_unprivileged_userns", 0),
    );
  if (/no space left on device/i.test(failure) && most !== undefined)
    return fault(
      `there are as many as there may be (${most})`,
      setSysctl("user.max_user_namespaces", most * 4),
    );
  if (isExplained(failure)) return fault(failure);
  return fault(
    `none can be made: ${failure} (in a container, its seccomp profile may forbid them, or the kernel was built without)`,
  );
}
