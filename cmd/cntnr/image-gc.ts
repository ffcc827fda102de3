import type { Images } from "../../runtime/engine/images.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { parseDuration } from "../../runtime/image/filter-images.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import type { ExpiredName, RetentionLimits } from "../../runtime/image/retention.ts";
import { print, printError } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { decimalSize, parseSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { reclaimed } from "./image-prune.ts";

/** `cntnr image gc`: removes what nothing refers to, and images that have had their time. */
export function imageGc(context: CommandContext): Promise<number> {
  const { args } = context;
  const fate = args.has("dry-run") ? "only-told" : "removed";
  return collectImages(engineOf(context).images, limitsOf(args, "ttl"), fate);
}

/** Removes images that have had their time, and says which; or only says so. */
export async function collectImages(
  images: Images,
  limits: RetentionLimits,
  fate: "removed" | "only-told",
): Promise<number> {
  if (fate === "only-told") {
    printExpired(await images.findExpired(limits));
    return 0;
  }
  const { expired, garbage } = await images.collect(limits);
  printExpired(expired);
  if (garbage.kind === "postponed") {
    printError("cntnr: nothing else was removed: images are being pulled or built; try again later\n");
    return 1;
  }
  print(
    `Removed ${garbage.blobs} blobs and ${garbage.layers} unpacked layers: ${decimalSize(reclaimed(garbage))}\n`,
  );
  return 0;
}

function printExpired(names: readonly ExpiredName[]): void {
  for (const { name, manifestDigest, reason } of names)
    print(`${name === "" ? manifestDigest : familiarName(name)} goes, because it ${reason}\n`);
}

/** @param ttlFlag how long images are kept that nobody uses */
export function limitsOf(args: ParsedArguments, ttlFlag: "ttl" | "image-ttl"): RetentionLimits {
  const ttl = args.value(ttlFlag);
  const nameTtl = args.value("ref-ttl");
  const most = args.value("max-per-repo");
  const size = args.value("size");
  return {
    ...(ttl === undefined ? {} : { imageTtlMs: durationOf(ttlFlag, ttl) }),
    ...(nameTtl === undefined ? {} : { nameTtlMs: durationOf("ref-ttl", nameTtl) }),
    ...(most === undefined ? {} : { mostPerRepository: countOf("max-per-repo", most) }),
    ...(size === undefined ? {} : { mostBytes: sizeOf("size", size) }),
  };
}

/** Milliseconds. Throws CntnrError `usage`. */
export function durationOf(flag: string, text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined)
    throw new CntnrError("usage", `--${flag} ${text}: it is a duration, as 30d, 12h or 1h30m`);
  return durationMs;
}

function countOf(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CntnrError("usage", `--${flag} ${text}: it is a number`);
  return Number(text);
}

function sizeOf(flag: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new CntnrError("usage", `--${flag} ${text}: it is a size, as 10g or 500m`);
  return bytes;
}
