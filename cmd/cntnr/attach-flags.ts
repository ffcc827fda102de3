import { defaultDetachKeys, parseDetachKeys } from "../../runtime/attach/detach-keys.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

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
