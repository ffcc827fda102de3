import { CntnrError } from "../errors/cntnr-error.ts";
import { nameToGive } from "./name-image.ts";

const transports =
  /^(?:docker:\/\/|oci:|oci-archive:|docker-archive:|dir:|containers-storage:|docker-daemon:)[./a-z0-9]/i;

/** Where an image of this name goes: to what is named, which is a place or another name, or to its own registry. Throws CntnrError `usage`. */
export function pushDestination(name: string, destination: string | undefined): string {
  if (destination === undefined) return registryOf(name);
  return transports.test(destination) ? destination : `docker://${nameToGive(destination)}`;
}

/** Where an image's name says that it belongs. Throws CntnrError `usage` for names of no registry. */
export function registryOf(name: string): string {
  if (name === "" || name.startsWith("localhost/") || name.includes("@"))
    throw new CntnrError(
      "usage",
      `"${name || "the image"}" is of no registry: say where it goes, as in docker://HOST/NAME:TAG`,
    );
  return `docker://${name}`;
}
