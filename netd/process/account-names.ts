import type { ResolveNames } from "../../policy/grammar/subject.ts";
import type { Subject } from "../../policy/policy.ts";
import { runChild } from "./run-child.ts";

/** getent(1), of an essential package (libc-bin); it asks what nsswitch.conf(5) names, sssd and LDAP too. */
const getent = "/usr/bin/getent";
/** A directory service that does not answer must not hold the policy up for longer (P12). */
const timeoutMs = 10_000;
const programEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const maxOutputBytes = 4 * 1024 * 1024;

/**
 * Looks account names up in a child with a time limit, so that a name service that hangs does not stop netd (P12).
 * Throws when the account databases cannot be asked.
 */
export const resolveAccountNames: ResolveNames = async (database, names) => {
  const lines = [
    ...(await ask([database, "--", ...names])),
    // The look-up by name gives the first entry only; a second one for the name makes it ambiguous.
    ...(await ask(["--service=files", database])),
  ];
  const wanted = new Set(names);
  const found = new Map<string, Set<number>>();
  for (const line of lines) {
    const [name, , id] = line.split(":");
    if (name === undefined || !wanted.has(name) || id === undefined || !/^[0-9]{1,10}$/.test(id)) continue;
    found.set(name, (found.get(name) ?? new Set()).add(Number(id)));
  }
  return new Map([...found].map(([name, ids]) => [name, [...ids]]));
};

/** Login names of uids, for lists that people read; a uid that nobody has is left out. */
export async function loginNames(uids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const lines = uids.length === 0 ? [] : await ask(["passwd", "--", ...uids.map(String)]);
  return new Map(
    lines.flatMap((line) => {
      const [name, , uid] = line.split(":");
      return name === undefined || uid === undefined ? [] : [[Number(uid), name]];
    }),
  );
}

/**
 * A user's numbers, as the account databases have them now: what her processes get when she logs in. Undefined when
 * there is no such user; for the tools, never for a decision about a caller.
 * @param user a name or a uid
 */
export async function lookUpSubject(user: string): Promise<Subject | undefined> {
  const [uid, gids] = await Promise.all([identity("-u", user), identity("-G", user)]);
  const [own] = uid;
  return own === undefined ? undefined : { uid: own, gids };
}

/** id(1), of coreutils: it puts the user's own group first, and fails for a user who does not exist. */
async function identity(what: "-u" | "-G", user: string): Promise<number[]> {
  const args = [what, "--", user];
  const spec = {
    command: "/usr/bin/id",
    args,
    stdin: "",
    env: programEnvironment,
    timeoutMs,
    maxOutputBytes,
  };
  const { exitCode, stdout } = await runChild(spec);
  return exitCode === 0 ? stdout.trim().split(" ").map(Number) : [];
}

/** Exit codes of getent(1): 0, and 2 when at least one key was not found. */
async function ask(args: readonly string[]): Promise<string[]> {
  const spec = { command: getent, args, stdin: "", env: programEnvironment, timeoutMs, maxOutputBytes };
  const result = await runChild(spec);
  if (result.exitCode !== 0 && result.exitCode !== 2)
    throw new Error(`getent ${args[0]} failed with exit code ${result.exitCode}: ${result.stderr.trim()}`);
  return result.stdout.split("\n");
}
