import type {
  ContainerOptions,
  IsolationOptions,
  LimitOptions,
  NameOptions,
  SecurityOptions,
} from "../../runtime/container/container-options.ts";
import { parseDevice } from "../../runtime/container/device-flags.ts";
import type { ReadFlagFile } from "../../runtime/container/flag-file.ts";
import { lookAtHost } from "../../runtime/container/host-path.ts";
import { parseOomScoreAdj, parseSysctls, parseUlimit } from "../../runtime/container/limit-flags.ts";
import {
  checkDomainname,
  checkHostname,
  parseAddHost,
  parseDnsOption,
  parseHostsEntry,
  parseNameServer,
  parseSearchDomain,
} from "../../runtime/container/name-flags.ts";
import {
  parseCgroupMount,
  parseCgroupNamespace,
  parseNamespace,
  parseUserNamespace,
} from "../../runtime/container/namespace-flags.ts";
import {
  checkCgroupParent,
  deviceLimitKinds,
  parseDeviceLimit,
  parseResources,
  type ResourceWords,
  resourceFlagNames,
} from "../../runtime/container/resource-flags.ts";
import { parseSeccomp, parseSecurityOptions } from "../../runtime/container/security-flags.ts";
import { parseSize } from "../../runtime/container/size-flag.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** What the flags of `isolation-flags.ts` ask for. Throws CntnrError. */
export function parseIsolationOptions(
  args: ParsedArguments,
  readText: ReadFlagFile,
): Partial<ContainerOptions> {
  return {
    ...parseIsolation(args, readText),
    ...parseNames(args),
    ...parseLimits(args),
    ...(args.has("init") ? { init: true } : {}),
    groups: args.values("group-add").flatMap((text) => text.split(",")),
    annotations: parseAnnotations(args.values("annotation")),
  };
}

function parseIsolation(args: ParsedArguments, readText: ReadFlagFile): IsolationOptions {
  const namespace = (kind: "pid" | "ipc" | "uts") => {
    const source = parseNamespace(kind, args.value(kind));
    return source ? { [kind]: source } : {};
  };
  const userns = parseUserNamespace(args.value("userns"));
  const cgroupns = parseCgroupNamespace(args.value("cgroupns"));
  const cgroupMount = parseCgroupMount(args.value("mount-cgroups"));
  const options: IsolationOptions = {
    ...namespace("pid"),
    ...namespace("ipc"),
    ...(args.value("ipc") === "shareable" ? { isIpcShareable: true } : {}),
    ...namespace("uts"),
    ...(userns ? { userns } : {}),
    ...(cgroupns ? { cgroupns } : {}),
    ...(cgroupMount ? { cgroupMount } : {}),
    ...(args.has("privileged") ? { privileged: true } : {}),
    security: parseSecurity(args, readText),
    devices: args.values("device").map((text) => parseDevice(text, lookAtHost)),
  };
  if (options.uts && (args.value("hostname") ?? args.value("domainname")) !== undefined)
    throw new CntnrError("usage", "--hostname and --domainname need a UTS namespace of the container's own");
  return options;
}

function parseSecurity(args: ParsedArguments, readText: ReadFlagFile): SecurityOptions {
  const security = parseSecurityOptions(args.values("security-opt"), readText);
  const seccomp = args.value("seccomp");
  return seccomp === undefined
    ? security
    : { ...security, seccomp: parseSeccomp("--seccomp", seccomp, readText) };
}

function parseNames(args: ParsedArguments): NameOptions {
  const hostname = args.value("hostname");
  const domainname = args.value("domainname");
  return {
    ...(hostname === undefined ? {} : { hostname: checkHostname(hostname) }),
    ...(domainname === undefined ? {} : { domainname: checkDomainname(domainname) }),
    addHosts: [
      ...args.values("add-host").flatMap(parseAddHost),
      ...args.values("hosts-entry").flatMap(parseHostsEntry),
    ],
    dns: args.values("dns").map(parseNameServer),
    dnsSearch: args.values("dns-search").map(parseSearchDomain),
    dnsOptions: args.values("dns-option").map(parseDnsOption),
  };
}

function parseLimits(args: ParsedArguments): LimitOptions {
  const oomScoreAdj = args.value("oom-score-adj");
  const shmSize = args.value("shm-size");
  const cgroupParent = args.value("cgroup-parent");
  const deviceLimits = deviceLimitKinds.flatMap((kind) =>
    args.values(kind).map((text) => parseDeviceLimit(kind, text, lookAtHost)),
  );
  const resources = parseResources(resourceWords(args), deviceLimits);
  return {
    ulimits: args.values("ulimit").map(parseUlimit),
    sysctls: parseSysctls(args.values("sysctl")),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj: parseOomScoreAdj(oomScoreAdj) }),
    ...(shmSize === undefined ? {} : { shmSizeBytes: parseSize("--shm-size", shmSize) }),
    ...(resources ? { resources } : {}),
    ...(cgroupParent === undefined ? {} : { cgroupParent: checkCgroupParent(cgroupParent) }),
  };
}

/** The flags about resources that are there. */
export function resourceWords(args: ParsedArguments): ResourceWords {
  return Object.fromEntries(
    resourceFlagNames.flatMap((name) => {
      const text = args.value(name);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
}

function parseAnnotations(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
      if (key !== undefined && value !== undefined && !key.startsWith("io.cntnr.")) return [key, value];
      throw new CntnrError("usage", `--annotation "${text}": it is written KEY=VALUE; io.cntnr. is ours`);
    }),
  );
}
