import { createHash } from "node:crypto";
import { open, rename, utimes } from "node:fs/promises";
import { join } from "node:path";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";

/** The name that a URL's file has: the last part of its path. Undefined when there is none. */
export function fileNameOf(url: string): string | undefined {
  const name = decode(new URL(url).pathname.split("/").at(-1) ?? "");
  return name === "" || name === "." || name === ".." || /[/\0]/.test(name) ? undefined : name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Fetches a URL into a file of mode 600 in `directory`, with the time that the server says, and returns the file's name.
 * @param checksum `sha256:...`, which the contents must have
 * Throws CntnrError `unavailable`, or `build` when the contents are others.
 */
export async function fetchUrl(
  url: string,
  directory: string,
  checksum: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const name = fileNameOf(url) ?? "download";
  const partial = join(directory, ".partial");
  const hash = createHash("sha256");
  let modified: Date | undefined;
  try {
    const response = await fetch(url, { signal, redirect: "follow" });
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
    const time = Date.parse(response.headers.get("last-modified") ?? "");
    modified = Number.isNaN(time) ? undefined : new Date(time);
    await using file = await open(partial, "wx", 0o600);
    for await (const chunk of response.body ?? []) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new CntnrError("unavailable", `${url} cannot be fetched: ${messageOf(error)}`, { cause: error });
  }
  const digest = `sha256:${hash.digest("hex")}`;
  if (checksum !== undefined && digest !== checksum)
    throw new CntnrError("build", `${url} is not what --checksum says: it is ${digest}`);
  const path = join(directory, name);
  await rename(partial, path);
  if (modified) await utimes(path, modified, modified);
  return name;
}
