import { allCapabilities } from "../container/capability-flags.ts";
import type { OciCapabilities } from "./oci-config.ts";

/** What a container may do without asking, over its own ids and namespaces: docker's and podman's choice. */
const defaults =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE".split(
    " ",
  );

/**
 * The capabilities of a container, without CAP_, in the order of capabilities(7). As docker does it: `--cap-add` counts
 * more than `--cap-drop`, and of each of them a name more than ALL.
 */
export function grantedCapabilities(add: readonly string[], drop: readonly string[]): string[] {
  const base = add.includes("ALL") ? allCapabilities : drop.includes("ALL") ? [] : defaults;
  const dropped = new Set(drop);
  const added = new Set(add);
  return allCapabilities.filter((name) => added.has(name) || (base.includes(name) && !dropped.has(name)));
}

/**
 * The sets of a container's process. A user who is not root loses the permitted ones when his program is executed, as
 * everywhere (capabilities(7)); nothing is inheritable or ambient, or he would not (B6, CVE-2022-29162).
 */
export function capabilitySets(granted: readonly string[]): OciCapabilities {
  const names = granted.map((name) => `CAP_${name}`);
  return { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] };
}
