import { CntnrError } from "../errors/cntnr-error.ts";

/** capabilities(7), without CAP_, in the kernel's order; Linux 5.9 and later know them all. */
export const allCapabilities: readonly string[] =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );

/** Names of capabilities as `--cap-add` and `--cap-drop` take them: cap_net_raw, NET_RAW, all. Throws CntnrError `usage`. */
export function parseCapabilities(flag: string, texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => {
      const name = text.trim().toUpperCase().replace(/^CAP_/, "");
      if (name !== "ALL" && !allCapabilities.includes(name))
        throw new CntnrError(
          "usage",
          `${flag} ${text}: there is no such capability (capabilities(7) lists them)`,
        );
      return name;
    });
}
