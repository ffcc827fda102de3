import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { spawnAttached } from "../../runtime/sys/spawn-attached.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { parseTlsVerify } from "./tls-verify.ts";

const defaultRegistry = "docker.io";

/** `cntnr login [REGISTRY]`: what is kept is what skopeo, podman and buildah know as well, and what pulls and pushes use. */
export async function login(context: CommandContext): Promise<number> {
  const { args } = context;
  const registry = args.positionals[0] ?? defaultRegistry;
  const username = args.value("username");
  const password = args.has("password-stdin") ? await passwordFromStdin() : args.value("password");
  const tlsVerify = parseTlsVerify(args);
  const verify = tlsVerify === undefined ? {} : { tlsVerify };
  if (password === undefined) return ask(registry, username, tlsVerify);
  if (username === undefined) throw new CntnrError("usage", "a password needs its --username");
  await engineOf(context).registries.login(registry, { username, password }, verify);
  print("Login Succeeded!\n");
  return 0;
}

/** As docker does it: without the end of its line. */
async function passwordFromStdin(): Promise<string> {
  return (await Bun.stdin.text()).replace(/\r?\n$/, "");
}

/** On our own terminal, by skopeo, which asks for names and passwords itself. */
async function ask(
  registry: string,
  username: string | undefined,
  tlsVerify: boolean | undefined,
): Promise<number> {
  const words = [
    "login",
    ...(username === undefined ? [] : [`--username=${username}`]),
    ...(tlsVerify === undefined ? [] : [`--tls-verify=${tlsVerify}`]),
    ...["--", registry],
  ];
  const ended = await spawnAttached(["skopeo", ...words], {
    stdin: "inherit",
    output: "inherit",
    ownSession: false,
  }).ended;
  return "exitCode" in ended ? ended.exitCode : 128 + ended.signal;
}

/** `cntnr logout [REGISTRY]`, or --all of them. */
export async function logout(context: CommandContext): Promise<number> {
  const { args } = context;
  const registry = args.positionals[0] ?? defaultRegistry;
  await engineOf(context).registries.logout(args.has("all") ? "all" : registry);
  print(
    args.has("all")
      ? "Removed login credentials for all registries\n"
      : `Removed login credentials for ${registry}\n`,
  );
  return 0;
}
