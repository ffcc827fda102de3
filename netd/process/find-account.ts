import { runChild } from "./run-child.ts";

/** A user of this machine, by the numbers that the kernel knows. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const timeoutMs = 10_000;

/** Looks a user up by name with getent(1), in a child with a time limit (P12); undefined when there is none. */
export async function findAccount(name: string): Promise<Account | undefined> {
  const { exitCode, stdout, stderr } = await runChild({
    command: "/usr/bin/getent",
    args: ["passwd", "--", name],
    stdin: "",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    timeoutMs,
    maxOutputBytes: 1 << 16,
  });
  // getent(1): 2 when there is no such entry.
  if (exitCode === 2) return undefined;
  const [found, , uid, gid] = stdout.split("\n")[0]?.split(":") ?? [];
  const isNumber = (text: string | undefined) => /^(0|[1-9][0-9]{0,9})$/.test(text ?? "");
  if (exitCode !== 0 || found !== name || !isNumber(uid) || !isNumber(gid))
    throw new Error(`getent passwd ${name} failed with exit code ${exitCode}: ${stderr.trim()}`);
  return { name, uid: Number(uid), gid: Number(gid) };
}
