import { ChildError, type ChildResult, runChild } from "../process/run-child.ts";
import type { Conflist } from "./conflist.ts";
import { leasingOf } from "./network-facts.ts";

/** Of interfaces that are made from then on in a namespace (ip-sysctl of the kernel's documentation). */
const setting = "/proc/sys/net/ipv6/conf/default/accept_dad";
const [nsenter, tee, cat] = ["/usr/bin/nsenter", "/usr/bin/tee", "/usr/bin/cat"];
const timeoutMs = 10_000;
const maxOutputBytes = 1 << 16;

/**
 * Whether the plugin waits one or two seconds for somebody else who has the container's IPv6 address (RFC 4862), on a link
 * at whose other end there is only the host. The bridge plugin turns that off by itself.
 */
export function waitsForNobody(conflist: Conflist): boolean {
  const { subnets } = leasingOf(conflist);
  const hasIpv6 = subnets !== "unknown" && subnets.some(({ range }) => range.family === 6);
  return hasIpv6 && conflist.plugins.some(({ type }) => type === "ptp");
}

/**
 * Runs it while interfaces that are made in a namespace do not look for duplicates of their addresses. Afterwards its setting
 * is what it was, so that only what was made has another one, as with the bridge plugin.
 * Throws what `effects` throws.
 */
export async function withoutDuplicateDetection<Result>(
  netnsPath: string,
  lockFd: number | undefined,
  effects: () => Promise<Result>,
): Promise<Result> {
  const inNamespace = async (stdin: string, command: string, ...args: readonly string[]) => {
    const spec = { command: nsenter, args: [`--net=${netnsPath}`, "--", command, ...args] };
    return succeeded(runChild({ ...spec, stdin, env: {}, timeoutMs, maxOutputBytes, lockFd }));
  };
  const before = await inNamespace("", cat, setting);
  // Without IPv6 there is nothing to wait for; what cannot be set costs a second, and no attach.
  if (before === undefined || before.trim() === "0") return effects();
  await inNamespace("0", tee, setting);
  try {
    return await effects();
  } finally {
    await inNamespace(before, tee, setting);
  }
}

/** What it printed; undefined when it failed. */
async function succeeded(running: Promise<ChildResult>): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await running;
    return exitCode === 0 ? stdout : undefined;
  } catch (error) {
    if (error instanceof ChildError) return undefined;
    throw error;
  }
}
