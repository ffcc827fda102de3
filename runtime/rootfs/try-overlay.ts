import type { IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";

const timeoutMs = 60_000;

/** All in the working directory, and made by namespace root, as layers and containers' files are. */
const script = `mkdir -p lower/directory upper work merged && echo old >lower/removed && echo old >lower/kept &&
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr overlay merged &&
rm merged/removed && echo new >merged/new && mv merged/kept merged/moved && rmdir merged/directory && mkdir merged/directory`;

/**
 * Tries an overlay with all that containers do to their files. Returns why it cannot be had; undefined when it can. Throws CntnrError when
 * no user namespace can be made.
 * @param scratch an empty directory, which is not empty afterwards
 */
export async function tryOverlay(scratch: string, mappings: IdMappings): Promise<string | undefined> {
  const result = await runInUserNamespace(mappings, ["sh", "-c", script], { cwd: scratch, timeoutMs });
  if (result.exitCode === 0) return undefined;
  return lastWords(result.stderr) || `exit code ${result.exitCode}`;
}

/** What mount(8) says first: it may add where to read on. */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  return (lines.find((line) => /^mount:/.test(line)) ?? lines.findLast((line) => line !== "") ?? "").replace(
    /\.$/,
    "",
  );
}
