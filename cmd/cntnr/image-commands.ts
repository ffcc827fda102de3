import type { Command } from "./command.ts";
import { format, noTruncation, quiet, tlsVerify } from "./shared-flags.ts";

/** The commands of images and of the store that they are in. */
export const imageCommands: readonly Command[] = [
  {
    path: "image pull",
    aliases: ["pull"],
    summary: "Fetch images and unpack them",
    flags: [
      { name: "quiet", short: "q", summary: "No progress" },
      {
        name: "platform",
        value: "OS/ARCH[/VARIANT]",
        summary: "Of several images, that for this platform (default: this machine's)",
      },
      tlsVerify,
    ],
    positionals: [{ name: "IMAGE", count: "one-or-more" }],
    example: "cntnr image pull docker://alpine:3.6",
    failureCode: 1,
    load: async () => (await import("./image-pull.ts")).imagePull,
  },
  {
    path: "image ls",
    aliases: ["images", "image list"],
    summary: "List images",
    flags: [quiet, noTruncation, format],
    positionals: [],
    example: "cntnr image ls",
    failureCode: 1,
    load: async () => (await import("./image-ls.ts")).imageLs,
  },
  {
    path: "image rm",
    aliases: ["rmi", "image remove"],
    summary: "Remove images",
    flags: [{ name: "force", short: "f", summary: "No error when there is no such image" }],
    positionals: [{ name: "IMAGE", count: "one-or-more", completes: "image" }],
    example: "cntnr image rm alpine:3.6",
    failureCode: 1,
    load: async () => (await import("./image-rm.ts")).imageRm,
  },
];
