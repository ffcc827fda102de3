import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `--tls-verify BOOL`; undefined: as registries.conf and the registry's address say. */
export function parseTlsVerify(args: ParsedArguments): boolean | undefined {
  const text = args.value("tls-verify");
  if (text === undefined) return undefined;
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new CntnrError("usage", `--tls-verify is true or false, not "${text}"`);
}
