import type { Positional } from "../command-line/command.ts";
import type { Command } from "./command.ts";
import { createFlags } from "./create-flags.ts";
import { template } from "./shared-flags.ts";

const bundle: Positional = { name: "BUNDLE", count: "one" };
const bundles: Positional = { name: "BUNDLE", count: "one-or-more" };
/** Of a container that is made to run now. */
const notOfBundles = new Set([
  "attach",
  "runtime",
  "disable-content-trust",
  "volume-driver",
  "expose",
  "name",
  "rm",
  "cidfile",
  "stop-signal",
  "label",
]);

/** Commands about bundles, `cntnr bundle ...`. */
export const bundleCommands: readonly Command[] = [
  {
    path: "bundle create",
    summary: "Make an OCI bundle that any runtime can run, or change it where it differs",
    flags: [
      {
        name: "bundle",
        short: "b",
        value: "NAME|DIR",
        summary: "Its name, or a directory for it (with a /)",
      },
      { name: "update", summary: "Change one that is there; without a difference nothing is touched" },
      {
        name: "rootfs-copy",
        summary: "Copy the root file system, so that the bundle does not need the store",
      },
      { name: "keep-changes", summary: "With --update: what was written to it stays on a new image, too" },
      ...createFlags.filter(({ name }) => !notOfBundles.has(name)),
    ],
    positionals: [
      { name: "IMAGE", count: "one", completes: "image" },
      { name: "COMMAND", count: "any" },
    ],
    passThrough: true,
    example:
      "cntnr bundle create -b web --update alpine:3.6 httpd -f\nrunc run -b ~/.local/share/cntnr/bundles/web web",
    failureCode: 1,
    load: async () => (await import("./bundle-create.ts")).bundleCreate,
  },
  {
    path: "bundle run",
    summary: "Run a bundle in the foreground",
    flags: [],
    positionals: [bundle],
    example: "cntnr bundle run web",
    failureCode: 125,
    load: async () => (await import("./bundle.ts")).bundleRun,
  },
  {
    path: "bundle ls",
    aliases: ["bundle list"],
    summary: "List bundles",
    flags: [{ name: "quiet", short: "q", summary: "Print names only" }, template],
    positionals: [],
    example: "cntnr bundle ls",
    failureCode: 1,
    load: async () => (await import("./bundle.ts")).bundleLs,
  },
  {
    path: "bundle inspect",
    summary: "Print all that is known of bundles, as JSON or by a template",
    flags: [{ name: "format", short: "f", value: "TEMPLATE", summary: "A template: {{.Directory}}" }],
    positionals: [bundles],
    example: "cntnr bundle inspect --format '{{.Directory}}' web",
    failureCode: 1,
    load: async () => (await import("./bundle.ts")).bundleInspect,
  },
  {
    path: "bundle export",
    summary: "Pack a bundle, with its root file system, as a tar archive",
    flags: [],
    positionals: [bundle, { name: "FILE", count: "one" }],
    example: "cntnr bundle export web web.tar",
    failureCode: 1,
    load: async () => (await import("./bundle.ts")).bundleExport,
  },
  {
    path: "bundle rm",
    aliases: ["bundle remove", "bundle delete"],
    summary: "Remove bundles",
    flags: [{ name: "force", short: "f", summary: "Also damaged ones; no error when there is none" }],
    positionals: [bundles],
    example: "cntnr bundle rm web",
    failureCode: 1,
    load: async () => (await import("./bundle.ts")).bundleRm,
  },
  {
    path: "bundle gc",
    summary: "Remove bundles that are not whole, and those that nobody has used for a time",
    flags: [
      {
        name: "ttl",
        short: "t",
        value: "TIME",
        summary: "Remove what was neither changed nor run for so long: 720h, 30m",
      },
    ],
    positionals: [],
    example: "cntnr bundle gc --ttl 720h",
    failureCode: 1,
    load: async () => (await import("./bundle.ts")).bundleGc,
  },
];
