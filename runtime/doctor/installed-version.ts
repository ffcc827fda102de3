import { readFileSync, realpathSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A program as it is installed here. */
export interface Installed {
  readonly name: string;
  /** In its own words, else in its package's; undefined when neither tells. */
  readonly version: string | undefined;
  /** The Debian package that its file is of. */
  readonly package?: {
    readonly name: string;
    readonly version: string;
    readonly changelog: string;
    /** CVE numbers that the changelog names. */
    readonly mends: ReadonlySet<string>;
  };
}

/** Starts a program by its path, and gives what it printed; undefined when it could not be started. */
export type Run = (command: string, args: readonly string[]) => Promise<string | undefined>;

const dpkgQuery = "/usr/bin/dpkg-query";

/**
 * Asks a program, and dpkg about its file, for the version.
 * @param path of the program's file
 * @param args by which it prints its version: "NAME version 1.2.3", or somewhere in the first lines
 */
export async function installedVersion(
  name: string,
  path: string,
  args: readonly string[],
  run: Run,
): Promise<Installed> {
  const [own, of] = await Promise.all([run(path, args), packageOf(realpathSync(path), run)]);
  const version = /\bv?(\d+\.\d+\.\d+\S*)/.exec(own?.split("\n", 1)[0] ?? "")?.[1];
  return { name, version: version ?? of?.version, ...(of ? { package: of } : {}) };
}

async function packageOf(file: string, run: Run): Promise<Installed["package"]> {
  const owner = /^([a-z0-9][a-z0-9+.-]*)(?::\w+)?: /m.exec(
    (await run(dpkgQuery, ["--search", file])) ?? "",
  )?.[1];
  if (owner === undefined) return undefined;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg-query's own format
  const version = await run(dpkgQuery, ["--show", "--showformat=${Version}", owner]);
  if (!version) return undefined;
  const changelog = `/usr/share/doc/${owner}/changelog.Debian.gz`;
  return { name: owner, version, changelog, mends: vulnerabilitiesIn(textOf(changelog)) };
}

/** CVE numbers in a text. */
export function vulnerabilitiesIn(text: string): Set<string> {
  return new Set(text.match(/\bCVE-\d{4}-\d{4,}\b/g));
}

/** Machines that save room have no changelogs. */
function textOf(path: string): string {
  try {
    return gunzipSync(readFileSync(path)).toString("latin1");
  } catch {
    return "";
  }
}
