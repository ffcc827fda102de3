import { CntnrError } from "../errors/cntnr-error.ts";
import type { HostEntry } from "./container-options.ts";

const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$/;

const byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`);

/** As node:net's isIP(), whose loading takes longer than all the rest of a command line. */
function isAddress(text: string): boolean {
  return ipv4.test(text) || (/^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`));
}

/** `--hostname`, at most what sethostname(2) takes. Throws CntnrError `usage`. */
export function checkHostname(text: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/.test(text)) return text;
  throw new CntnrError("usage", `--hostname "${text}" cannot be a host name`);
}

export function checkDomainname(text: string): string {
  if (text.length <= 64 && hostName.test(text)) return text;
  throw new CntnrError("usage", `--domainname "${text}" cannot be a domain`);
}

/** `--add-host NAME:ADDRESS` or NAME=ADDRESS, several names with semicolons between them as podman has it. */
export function parseAddHost(text: string): HostEntry[] {
  const [, names = "", written = ""] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  const address = written.replace(/^\[(.*)\]$/, "$1");
  const list = names.split(";");
  if (!list.every((name) => hostName.test(name)) || (address !== "host-gateway" && !isAddress(address)))
    throw new CntnrError("usage", `--add-host "${text}": it is written NAME:ADDRESS`);
  return list.map((name) => ({ name, address }));
}

/** `--hosts-entry "ADDRESS NAME..."`: a line of hosts(5). */
export function parseHostsEntry(text: string): HostEntry[] {
  const [address = "", ...names] = text.trim().split(/\s+/);
  if (!isAddress(address) || names.length === 0 || !names.every((name) => hostName.test(name)))
    throw new CntnrError("usage", `--hosts-entry "${text}": it is a line of /etc/hosts: ADDRESS NAME...`);
  return names.map((name) => ({ name, address }));
}

/** `--dns ADDRESS` */
export function parseNameServer(text: string): string {
  if (isAddress(text)) return text;
  throw new CntnrError("usage", `--dns "${text}" is not an address`);
}

/** `--dns-search DOMAIN`; "." is for none. */
export function parseSearchDomain(text: string): string {
  if (text === "." || hostName.test(text)) return text;
  throw new CntnrError("usage", `--dns-search "${text}" cannot be a domain`);
}

/** `--dns-option OPTION`: resolv.conf(5), "options". */
export function parseDnsOption(text: string): string {
  if (/^[a-z0-9-]+(?::\d+)?$/.test(text)) return text;
  throw new CntnrError("usage", `--dns-option "${text}" is not an option of resolv.conf`);
}
