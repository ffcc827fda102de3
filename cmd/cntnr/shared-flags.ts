import type { Flag } from "../command-line/command.ts";

export const tlsVerify: Flag = {
  name: "tls-verify",
  value: "BOOL",
  summary: "Registry over checked HTTPS only (true) or also plain HTTP (false)",
};
export const noTruncation: Flag = { name: "no-trunc", summary: "Print whole ids" };
export const quiet: Flag = { name: "quiet", short: "q", summary: "Print ids only" };
/** `--format` of what is printed by docker's templates. */
export const template: Flag = {
  name: "format",
  value: "FORMAT",
  summary: "json, or a template: {{.ID}}; with `table ` before it also for columns",
};
export const filter: Flag = {
  name: "filter",
  short: "f",
  value: "KEY=VALUE",
  repeatable: true,
  summary: "Only what matches",
};
/** Of prune commands, where -f is --force. */
export const pruneFilter: Flag = {
  name: "filter",
  value: "KEY=VALUE",
  repeatable: true,
  summary: "Only what matches: until=TIME, label=KEY[=VALUE], label!=...",
};
/** Of inspect. */
export const sizeFlag: Flag = {
  name: "size",
  short: "s",
  summary: "Also how much room a container takes",
};
