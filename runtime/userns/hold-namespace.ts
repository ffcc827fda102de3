import type { IdMappings } from "./id-mappings.ts";
import { startInUserNamespace } from "./run-in-user-namespace.ts";

/** A user namespace that is there for as long as a process of ours is in it, or any other that has joined it. */
export interface HeldNamespace extends Disposable {
  /** The process: /proc/PID/ns/user. */
  readonly pid: number;
}

/**
 * Makes a user namespace with these mappings for others to join. The process that holds it ends with us: it reads a pipe of ours.
 * Throws CntnrError when none can be made.
 * @param namespaces further ones of its own, as flags of unshare(1)
 */
export async function holdUserNamespace(
  mappings: IdMappings,
  namespaces: readonly string[],
): Promise<HeldNamespace> {
  // Ctrl-C is for what joins it; the end of the pipe is what ends this one.
  const holder = await startInUserNamespace(mappings, ["cat"], { ownSession: true, namespaces });
  return { pid: holder.pid, [Symbol.dispose]: () => holder.kill() };
}
