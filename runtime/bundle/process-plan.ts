import { posix } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { ImageConfig } from "../image/local-image.ts";

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What somebody asks to run. */
interface CommandWish {
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
}

/**
 * What a container runs: entrypoint and arguments, combined as docker does it. Arguments replace the image's cmd, an entrypoint
 * of one's own drops it. Throws CntnrError `usage` when nothing is left to run.
 */
export function containerCommand(
  image: Pick<ImageConfig, "entrypoint" | "cmd">,
  wish: CommandWish,
): string[] {
  const entrypoint = wish.entrypoint ?? image.entrypoint;
  const isImages = wish.command.length === 0 && wish.entrypoint === undefined;
  const words = [...entrypoint, ...(isImages ? image.cmd : wish.command)];
  if (words.length > 0) return words;
  throw new CntnrError("usage", "no command: the image has none of its own, so write one after its name");
}

/**
 * The working directory, clean and absolute (B2). An image may leave out the first slash.
 * Throws CntnrError `usage` for one below /proc, where a link may lead out of the container (CVE-2024-21626).
 */
export function workingDirectory(image: Pick<ImageConfig, "workingDir">, asked: string | undefined): string {
  const path = posix.join("/", asked ?? image.workingDir).replace(/(?!^)\/+$/, "");
  if (path.includes("\0")) throw new CntnrError("usage", "the working directory holds a NUL");
  refuseProc(path, path);
  return path;
}

/** B2, for a path after its links were followed. */
export function refuseProc(path: string, named: string): void {
  if (/^\/proc(?:\/|$)/.test(path))
    throw new CntnrError("usage", `the working directory ${named} is in /proc: refused`);
}

export interface EnvironmentParts {
  readonly image: readonly string[];
  readonly asked: readonly string[];
  readonly hostname: string;
  readonly home: string;
  readonly tty: boolean;
}

/** The environment in docker's order; of one name the last counts, and stands where the first did. */
export function environment({ image, asked, hostname, home, tty }: EnvironmentParts): string[] {
  const variables = new Map<string, string>();
  const ours = [`PATH=${defaultPath}`, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])];
  for (const text of [...ours, ...image, ...asked]) variables.set(text.split("=", 1)[0] ?? "", text);
  if (!variables.has("HOME")) variables.set("HOME", `HOME=${home}`);
  return [...variables.values()].filter((text) => /^[^=\0][^\0]*=[^\0]*$/.test(text));
}
