import type { CommandResult } from "../../runtime/process/run-command.ts";
import type { Operation } from "./operations.ts";

/** What no command may say, whatever was killed: errors of system calls and of the language, which tell a person nothing. */
const unexplained =
  /\b(?:E[A-Z]{3,}: |[A-Z][a-z]+Error\b|JSON Parse error|undefined|\[object | {4}at .*:\d+:\d+)/;
const killedExitCode = 137;

/** What is wrong with how an operation went; undefined: nothing. It may fail, for any of its processes may have been killed. */
export function complaintAbout({ judge }: Operation, result: CommandResult): string | undefined {
  const { exitCode, stdout, stderr } = result;
  if (exitCode === 0) return judge?.(result);
  if (unexplained.test(stderr)) return `exit code ${exitCode}: ${stderr}`;
  // Of those that run a command in a container this is its exit code, and the command was killed.
  if (stderr.trim() === "" && exitCode !== killedExitCode)
    return `exit code ${exitCode}, and not a word on why: ${JSON.stringify(stdout)}`;
  return undefined;
}
