import { type Advisory, advisories, comparedOn, type Product } from "./advisories.ts";
import type { Finding } from "./check.ts";
import type { Installed } from "./installed-version.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

/** What the table says of an installed program. Pure. */
export function judgeVersion(product: Product, { name, version: text, package: of }: Installed): Finding {
  const shown = `${name} ${text ?? "of a version that it does not tell"}${of ? ` (package ${of.name} ${of.version})` : ""}`;
  const version = parseVersion(text ?? "");
  if (!version) return { verdict: "warning", text: `${shown}: ask its makers what is known of it` };
  const open = (advisories[product] as readonly Advisory[]).filter((advisory) => isOpen(advisory, version));
  const mended = open.filter(({ id }) => of?.mends.has(id));
  const left = open.filter(({ id }) => !of?.mends.has(id));
  const byPackage = mended.length === 0 ? "" : `; the package mends ${mended.map(({ id }) => id).join(", ")}`;
  if (left.length === 0)
    return { verdict: "good", text: `${shown}: nothing known against it on ${comparedOn}${byPackage}` };
  const list = left.map(
    ({ id, what, fixedIn }) => `${id}: ${what}; upstream has it fixed in ${fixedIn.join(", ")}`,
  );
  return {
    verdict: "warning",
    text: [`${shown}: known on ${comparedOn}${byPackage}`, ...list, whereToAsk(name, of?.changelog)].join(
      "\n",
    ),
    ...(of
      ? { remedy: { command: `apt-get update && apt-get install --only-upgrade ${of.name}`, as: "root" } }
      : {}),
  };
}

function isOpen({ fixedIn, since }: Advisory, version: Version): boolean {
  const first = since === undefined ? undefined : parseVersion(since);
  if (first && compareVersions(version, first) < 0) return false;
  const fixes = fixedIn.flatMap((fix) => parseVersion(fix) ?? []);
  const ofBranch = fixes.find(({ major, minor }) => major === version.major && minor === version.minor);
  if (ofBranch) return compareVersions(version, ofBranch) < 0;
  return fixes.some((fix) => compareVersions(version, fix) < 0);
}

function whereToAsk(name: string, changelog: string | undefined): string {
  const may = "your distribution may have mended it all the same";
  if (changelog !== undefined)
    return `${changelog} does not name them; ${may}: see security-tracker.debian.org`;
  return `${may}: check its changelog (rpm -q --changelog ${name} | grep CVE) or its security tracker`;
}
