/** How to install what is missing, by command name (Debian's package names). */
const packages: Readonly<Record<string, string>> = {
  runc: "runc",
  crun: "crun",
  skopeo: "skopeo",
  conmon: "conmon",
  newuidmap: "uidmap",
  newgidmap: "uidmap",
  pasta: "passt",
  slirp4netns: "slirp4netns",
  "tini-static": "tini",
  unshare: "util-linux",
  nsenter: "util-linux",
  "policy.json": "golang-github-containers-common",
};
/** Where Fedora and its kin have other names. */
const fedoraPackages: Readonly<Record<string, string>> = {
  newuidmap: "shadow-utils",
  newgidmap: "shadow-utils",
  "policy.json": "containers-common",
};

/** The Debian package that has a command; undefined when nobody here knows it. */
export function debianPackageOf(command: string): string | undefined {
  return packages[command];
}

/**
 * What root types to get a command; undefined for a distribution that is not known.
 * @param osRelease text of /etc/os-release (os-release(5))
 */
export function installCommand(command: string, osRelease: string): string | undefined {
  const name = packages[command];
  if (name === undefined) return undefined;
  const families = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, ids = ""]) =>
    ids.split(" "),
  );
  if (families.some((id) => id === "debian" || id === "ubuntu"))
    return `apt-get install --no-install-recommends ${name}`;
  if (families.some((id) => id === "fedora" || id === "rhel"))
    return `dnf install ${fedoraPackages[command] ?? name}`;
  return undefined;
}
