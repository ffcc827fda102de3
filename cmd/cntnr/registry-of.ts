import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

/** Where an image's name says that it belongs. Throws CntnrError `usage` for names of no registry. */
export function registryOf(name: string): string {
  if (name === "" || name.startsWith("localhost/") || name.includes("@"))
    throw new CntnrError(
      "usage",
      `"${name || "the image"}" is of no registry: say where it goes, as in docker://HOST/NAME:TAG`,
    );
  return `docker://${name}`;
}
