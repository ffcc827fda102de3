import { closeSync, existsSync, openSync, readSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { readIfThere } from "../sys/read-text.ts";
import { copySealed, type SealedCopy } from "../sys/sealed-copy.ts";
import { runtimeProgram } from "./runc.ts";

const elfMagic = "\x7fELF";
const setIdBits = 0o6000; // S_ISUID | S_ISGID

/**
 * The OCI runtime as a sealed copy in memory, for one container in the foreground.
 *
 * In the first process of a container runc copies itself so, before anything else is done there: what runs in the container cannot change the
 * program then (CVE-2019-5736). It leaves that out when it is such a copy already, as its source says administrators may have it
 * (libcontainer/nsenter/cloned_binary.c). Made here, beside our own work, the copy takes a sixth off the time that runc takes.
 */
export class SealedRuntime implements AsyncDisposable {
  readonly #copy = sealRuntime();

  /**
   * Calls `start` with the path to execute: `link`, which is a symbolic link to the copy as long as that takes and gives the process runc's
   * name; or the runtime's usual name where there is no copy.
   */
  async start<T>(link: string, start: (program: string) => T): Promise<T> {
    const copy = await this.#copy;
    if (!copy) return start(runtimeProgram);
    // The process that is started looks it up, in its own table.
    symlinkSync(`/proc/self/fd/${copy.fd}`, link);
    try {
      return start(link);
    } finally {
      unlinkSync(link);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#copy)?.[Symbol.dispose]();
  }
}

/** Undefined where the runtime is better started as it is: then runc makes its copy. */
async function sealRuntime(): Promise<SealedCopy | undefined> {
  try {
    const program = Bun.which(runtimeProgram);
    return program && isPlainProgram(program) && !isTrustedByPath() ? await copySealed(program) : undefined;
  } catch {
    // No memory for it, or forbidden (vm.memfd_noexec): it is only faster with it.
    return undefined;
  }
}

/** A script has to find what it starts, and a program with rights of its own would lose them. */
function isPlainProgram(program: string): boolean {
  if ((statSync(program).mode & setIdBits) !== 0) return false;
  const fd = openSync(program, "r");
  try {
    const start = Buffer.alloc(elfMagic.length);
    readSync(fd, start);
    return start.toString("latin1") === elfMagic;
  } finally {
    closeSync(fd);
  }
}

/** SELinux's and AppArmor's rules may give rights to what is executed from runc's path: to make user namespaces, for one. */
function isTrustedByPath(): boolean {
  if (existsSync("/sys/fs/selinux/enforce")) return true;
  const restriction = readIfThere("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  return restriction !== undefined && restriction.trim() !== "0";
}
