import { dlopen } from "bun:ffi";
import { hostname } from "node:os";
import { checkResult } from "./system-call.ts";

/** sethostname(2) to the name that there is. Throws SystemCallError. */
export function setSameHostname(): void {
  const { sethostname } = dlopen("libc.so.6", {
    sethostname: { args: ["ptr", "u64"], returns: "i32" },
  }).symbols;
  const name = Buffer.from(hostname());
  checkResult("sethostname", sethostname(name, name.length));
}
