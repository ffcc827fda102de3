import { CntnrError, type ErrorCode } from "../errors/cntnr-error.ts";

/** What runc begins the message with that says why it gave up; warnings and what failed after the container's end begin otherwise. */
const failurePattern = /^(?:runc (?:run|create|start)|exec) failed: ([\s\S]*)$/;
const hookPattern =
  /error running hook #\d+: error running hook: (exit status \d+|signal: [^,]*|[^,]*)(?:, stdout: ([\s\S]*), stderr: ([\s\S]*))?$/;

/**
 * Why runc could not run a container, from its JSON log; undefined when the log tells of no failure, so that an exit code
 * is the container's own. Also understands what it prints on standard error instead of a log.
 */
export function classifyRuncFailure(log: string): CntnrError | undefined {
  for (const line of log.split("\n").reverse()) {
    const message = messageOfLine(line);
    const reason = message === undefined ? undefined : failurePattern.exec(message)?.[1];
    if (reason !== undefined) return explain(reason.trim());
  }
  return undefined;
}

function messageOfLine(line: string): string | undefined {
  if (!line.startsWith("{")) return line.slice(Math.max(0, line.search(/runc |exec failed/)));
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== "object" || entry === null) return undefined;
    const { level, msg } = entry as { level?: unknown; msg?: unknown };
    return (level === "error" || level === "fatal") && typeof msg === "string" ? msg : undefined;
  } catch {
    // Cut off: runc was killed while it wrote.
    return undefined;
  }
}

function explain(reason: string): CntnrError {
  const text = reason.replace(/^unable to start container process: /, "");
  const exec = /^(?:error during container init: )?exec: ("(?:[^"\\]|\\.)*"): ([\s\S]*)$/.exec(text);
  if (exec) return commandFailure(unquote(exec[1] ?? ""), exec[2] ?? "");
  const hook = hookPattern.exec(text);
  if (hook) return hookFailure(hook[1] ?? "", `${hook[3] ?? ""}\n${hook[2] ?? ""}`);
  const inner = text.replace(/^error during container init: /, "");
  const mount = /^error mounting "([^"]*)" to rootfs at "([^"]*)": ([\s\S]*)$/.exec(inner);
  if (mount) return new CntnrError("engine", `cannot mount ${mount[1]} at ${mount[2]}: ${mount[3]}`);
  if (/cannot set [ug]id to unmapped (?:user|group) in user namespace/.test(inner))
    return new CntnrError(
      "unsupported",
      "the container's user or group id is not among the ids that you may use (/etc/subuid, /etc/subgid)",
    );
  // What runc says of an error that is none.
  const cause = inner.includes("%!w(<nil>)") ? "its first process was killed" : inner;
  return new CntnrError("engine", `the container could not be started: ${cause}`);
}

function commandFailure(command: string, reason: string): CntnrError {
  const isMissing = /not found|no such file or directory/.test(reason);
  const code: ErrorCode = isMissing ? "command-not-found" : "command-not-executable";
  return new CntnrError(code, `${command}: ${reason.replace(/^stat [^:]*: /, "")}`);
}

/** A hook is cntnr itself as a rule, and its own last line says best what is wrong. */
function hookFailure(status: string, output: string): CntnrError {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const own = lines.findLast((line) => line.startsWith("cntnr: "));
  const text = own?.slice("cntnr: ".length) ?? lines.at(-1) ?? status;
  return new CntnrError("engine", own === undefined ? `a hook of the container failed: ${text}` : text);
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
