import type { OutputStream } from "../../runtime/attach/attach-streams.ts";
import { defaultDetachKeys, parseDetachKeys } from "../../runtime/attach/detach-keys.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `-a STREAM` of `run` and `create`: all streams without it, and standard input only where it is open (-i). Throws CntnrError `usage`. */
export function parseAttachedStreams(args: ParsedArguments): readonly OutputStream[] {
  const named = args.values("attach").flatMap((text) => text.toLowerCase().split(","));
  const wrong = named.find((name) => !["stdin", "stdout", "stderr"].includes(name));
  if (wrong !== undefined)
    throw new CntnrError("usage", `--attach ${wrong}: the streams are STDIN, STDOUT and STDERR`);
  if (named.length > 0 && args.has("detach"))
    throw new CntnrError("usage", "--attach and --detach cannot go together");
  return (["stdout", "stderr"] as const).filter((stream) => named.length === 0 || named.includes(stream));
}

/** `--detach-keys` and `--sig-proxy`. Throws CntnrError `usage`. */
export function parseAttachFlags(args: ParsedArguments): {
  readonly detachKeys: Uint8Array;
  readonly signals: "pass" | "keep";
} {
  return {
    detachKeys: parseDetachKeys(args.value("detach-keys") ?? defaultDetachKeys),
    signals: args.value("sig-proxy") === "false" ? "keep" : "pass",
  };
}
