import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { runCommand } from "../../runtime/process/run-command.ts";
import { spawnAttached } from "../../runtime/sys/spawn-attached.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { parseTlsVerify } from "./tls-verify.ts";

const defaultRegistry = "docker.io";
const loginTimeoutMs = 60_000;

/**
 * `cntnr login [REGISTRY]`: through skopeo, so that what is kept (containers-auth.json(5)) is what skopeo, podman and buildah
 * know as well, and what pulls and pushes use.
 */
export async function login({ args }: CommandContext): Promise<number> {
  const username = args.value("username");
  const password = args.value("password");
  const tlsVerify = parseTlsVerify(args);
  const words = [
    "login",
    ...(username === undefined ? [] : [`--username=${username}`]),
    ...(args.has("password-stdin") || password !== undefined ? ["--password-stdin"] : []),
    ...(tlsVerify === undefined ? [] : [`--tls-verify=${tlsVerify}`]),
    args.positionals[0] ?? defaultRegistry,
  ];
  if (password === undefined) return skopeo(words);
  // Not as an argument, which everybody on the machine could read.
  const result = await runCommand("skopeo", words, { stdin: password, timeoutMs: loginTimeoutMs });
  if (result.exitCode !== 0)
    throw new CntnrError("not-permitted", `the login failed: ${lastLine(result.stderr)}`);
  print(result.stdout);
  return 0;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** `cntnr logout [REGISTRY]`, or --all of them. */
export function logout({ args }: CommandContext): Promise<number> {
  if (args.has("all")) return skopeo(["logout", "--all"]);
  return skopeo(["logout", args.positionals[0] ?? defaultRegistry]);
}

/** On our own terminal: it asks for names and passwords itself. */
async function skopeo(args: readonly string[]): Promise<number> {
  const ended = await spawnAttached(["skopeo", ...args], {
    stdin: "inherit",
    output: "inherit",
    ownSession: false,
  }).ended;
  return "exitCode" in ended ? ended.exitCode : 128 + ended.signal;
}
