import { print } from "./output.ts";

/** `cntnr version`. The build puts the number in. */
export function version(): number {
  print(`cntnr ${process.env.CNTNR_VERSION ?? "(from source)"}\n`);
  return 0;
}
