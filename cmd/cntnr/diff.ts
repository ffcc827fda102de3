import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr diff`: a letter and a path a line, as they are on disk. */
export async function diff(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const changes = await engine.containers.diff(args.positionals[0] ?? "");
  for (const { kind, path } of changes) print(Buffer.from(`${kind} ${path}\n`, "latin1"));
  return 0;
}
