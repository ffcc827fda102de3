import { createHash } from "node:crypto";
import { open, rename, utimes } from "node:fs/promises";
import { join } from "node:path";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";

/** RFC 9110, 15.4. */
const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const mostRedirections = 10;

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
 * @param authorization for the URL's own host, and no other that it leads to
 * Throws CntnrError `unavailable`, or `build` when the contents are others.
 */
export async function fetchUrl(
  url: string,
  directory: string,
  checksum: string | undefined,
  signal: AbortSignal,
  authorization?: string,
): Promise<string> {
  const name = fileNameOf(url) ?? "download";
  const partial = join(directory, ".partial");
  const hash = createHash("sha256");
  let modified: Date | undefined;
  try {
    const response = await request(new URL(url), authorization, signal);
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

/** Follows redirections itself: a header that is a secret goes to the host that it is for alone. */
async function request(url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Response> {
  let at = url;
  for (let count = 0; count <= mostRedirections; count++) {
    const headers = authorization !== undefined && at.origin === url.origin ? { authorization } : undefined;
    const response = await fetch(at, { signal, redirect: "manual", ...(headers ? { headers } : {}) });
    const location = response.headers.get("location");
    if (!redirections.has(response.status) || location === null) return response;
    await response.body?.cancel();
    at = new URL(location, at);
    if (at.protocol !== "http:" && at.protocol !== "https:")
      throw new Error(`the server leads to ${at.protocol}, and not to a web server`);
  }
  throw new Error(`the server has led on more than ${mostRedirections} times`);
}
