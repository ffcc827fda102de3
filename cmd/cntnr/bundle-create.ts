import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { lateProgressPrinter } from "./progress-printer.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr bundle create`: prints the bundle's directory. */
export async function bundleCreate(context: CommandContext): Promise<number> {
  const { args, env } = context;
  const engine = engineOf(context);
  const bundle = args.value("bundle");
  if (!bundle) throw new CntnrError("usage", "bundle create: -b NAME or DIR is missing");
  const request = {
    ...parseCreateRequest(args, env),
    bundle,
    ifThere: args.has("update") ? "update" : "refuse",
    root: args.has("rootfs-copy") ? "copy" : "overlay",
    changes: args.has("keep-changes") ? "kept" : "dropped",
  } as const;
  const { record } = await interruptible((signal) =>
    engine.bundles.create(request, { onProgress: lateProgressPrinter(), signal }),
  );
  print(`${record.directory}\n`);
  return 0;
}
