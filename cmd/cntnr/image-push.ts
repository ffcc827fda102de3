import { copyOut } from "../../runtime/image/copy-out.ts";
import { noteImage } from "../../runtime/image/image-events.ts";
import { nameToGive } from "../../runtime/image/name-image.ts";
import { familiarName, splitName } from "../../runtime/image/reference.ts";
import { locateImage } from "../../runtime/image/shared-image.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { progressPrinter } from "./progress-printer.ts";
import { registryOf } from "./registry-of.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/** `cntnr image push IMAGE [DESTINATION]`: to the registry that its name says, or to another name or transport. */
export async function imagePush({ args, directories, imagePolicy }: CommandContext): Promise<number> {
  const [source = "", destination] = args.positionals;
  const found = locateImage(directories, source);
  const target = destinationOf(found.image.name, destination);
  const isQuiet = args.has("quiet");
  if (!isQuiet) printError(`The push refers to ${target}\n`);
  const tlsVerify = parseTlsVerify(args);
  const digest = await interruptible((signal) =>
    copyOut(directories, found, target, {
      ...(isQuiet ? {} : { onProgress: progressPrinter() }),
      ...(imagePolicy === undefined ? {} : { imagePolicy }),
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
      signal,
    }),
  );
  noteImage(directories, "push", found.image.name, found.image.name);
  const name = target.replace(/^docker:\/\//, "");
  if (isQuiet) print(`${name}\n`);
  else
    print(
      `${splitName(name).tag || familiarName(name)}: digest: ${digest} size: ${found.image.manifest.size}\n`,
    );
  return 0;
}

function destinationOf(name: string, destination: string | undefined): string {
  if (
    destination !== undefined &&
    /^[a-z-]+:(?:\/\/)?[./a-z0-9]/i.test(destination) &&
    hasTransport(destination)
  )
    return destination;
  return destination === undefined ? registryOf(name) : `docker://${nameToGive(destination)}`;
}

function hasTransport(text: string): boolean {
  return /^(?:docker:\/\/|oci:|oci-archive:|docker-archive:|dir:|containers-storage:|docker-daemon:)/.test(
    text,
  );
}
