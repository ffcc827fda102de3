import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";

const versionTimeoutMs = 10_000;

/**
 * The path of the runtime that `--runtime` names: a runc, of whatever version and at whatever place. What a container is doing is read
 * from runc's own state, which other runtimes keep in other ways. Throws CntnrError.
 */
export async function findOtherRuntime(text: string): Promise<string> {
  const path = Bun.which(text === "io.containerd.runc.v2" ? "runc" : text);
  if (!path)
    throw new CntnrError(
      "not-found",
      `--runtime ${text}: there is no such program in PATH, or it is not executable`,
    );
  const { stdout } = await runCommand(path, ["--version"], { timeoutMs: versionTimeoutMs });
  if (stdout.startsWith("runc version")) return path;
  throw new CntnrError(
    "unsupported",
    `--runtime ${text}: it is no runc, and cntnr reads runc's own state; bundles (\`cntnr bundle create\`) run with any runtime`,
  );
}
