import { CntnrError } from "../../errors/cntnr-error.ts";
import { imageArchitecture } from "../../image/architecture.ts";

/** A platform as docker writes it: linux/amd64, linux/arm/v7. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** Other spellings that people use. */
const spellings: Readonly<Record<string, string>> = { x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64" };

/** This machine's. */
export function ownPlatform(architecture?: string): Platform {
  const name = imageArchitecture(architecture);
  return { os: "linux", architecture: name, variant: name === "arm" ? "v7" : "" };
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === "" ? [] : [variant])].join("/");
}

/** True when `text` means this platform: os/arch[/variant], or either alone. */
export function isPlatform(text: string, { os, architecture, variant }: Platform): boolean {
  const [first = "", second, third] = text.toLowerCase().split("/");
  if (second === undefined) return first === os || (spellings[first] ?? first) === architecture;
  const isVariant = third === undefined || third === variant || (architecture === "arm64" && third === "v8");
  return first === os && (spellings[second] ?? second) === architecture && isVariant;
}

/** Throws CntnrError `unsupported` for another platform than this machine's. */
export function checkPlatform(asked: string): void {
  const own = ownPlatform();
  if (isPlatform(asked, own)) return;
  throw new CntnrError(
    "unsupported",
    `--platform ${asked}: this machine is ${platformText(own)}, and builds are for it alone`,
  );
}

/** The build arguments that tell of platforms (reference, "Automatic platform ARGs"). All builds are for this machine. */
export function platformArguments(platform: Platform): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const prefix of ["TARGET", "BUILD"]) {
    found.set(`${prefix}PLATFORM`, platformText(platform));
    found.set(`${prefix}OS`, platform.os);
    found.set(`${prefix}ARCH`, platform.architecture);
    found.set(`${prefix}VARIANT`, platform.variant);
  }
  return found;
}
