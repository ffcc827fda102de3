import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { createBundle } from "../../runtime/named-bundle/create-bundle.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { createSurroundings } from "./create-surroundings.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr bundle create`: prints the bundle's directory. */
export async function bundleCreate(context: CommandContext): Promise<number> {
  const { args, directories, env } = context;
  const bundle = args.value("bundle");
  if (!bundle) throw new CntnrError("usage", "bundle create: -b NAME or DIR is missing");
  const request = {
    ...parseCreateRequest(args, env),
    bundle,
    ifThere: args.has("update") ? "update" : "refuse",
    root: args.has("rootfs-copy") ? "copy" : "overlay",
    changes: args.has("keep-changes") ? "kept" : "dropped",
  } as const;
  const { record } = await createBundle(directories, request, createSurroundings(context));
  print(`${record.directory}\n`);
  return 0;
}
