import type { Flag } from "../command-line/command.ts";

export const tlsVerify: Flag = {
  name: "tls-verify",
  value: "BOOL",
  summary: "Registry over checked HTTPS only (true) or also plain HTTP (false)",
};
export const noTruncation: Flag = { name: "no-trunc", summary: "Print whole ids" };
export const quiet: Flag = { name: "quiet", short: "q", summary: "Print ids only" };
export const format: Flag = {
  name: "format",
  value: "FORMAT",
  choices: ["table", "json"],
  summary: "table, or json: one object a line",
};
