import { CntnrError } from "../errors/cntnr-error.ts";

/** What an image is for (image-spec, image-index.md, "platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
}

/** Takes `linux/arm64/v8` apart. Throws CntnrError `usage`. */
export function parsePlatform(text: string): Platform {
  const [, os, architecture, variant] = /^([a-z]+)\/([a-z0-9_]+)(?:\/([a-z0-9]+))?$/.exec(text) ?? [];
  if (os === undefined || architecture === undefined)
    throw new CntnrError("usage", `"${text}" is not a platform: OS/ARCHITECTURE[/VARIANT], as linux/arm64`);
  return { os, architecture, variant };
}
