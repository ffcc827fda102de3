import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type UnitFile, unitFiles } from "../../netd/systemd/unit-files.ts";
import { print } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr-netd unit print` */
export function unitPrint({ args }: CommandContext): number {
  const [wanted] = args.positionals;
  const files = filesOf(args);
  if (wanted === undefined) {
    for (const { path, text } of files) print(`# ${path}\n${text}\n`);
    return 0;
  }
  const found = files.find(({ path }) => path === wanted || basename(path) === wanted);
  if (!found)
    throw new Error(`there is no file ${wanted}: there are ${files.map(({ path }) => path).join(", ")}`);
  print(found.text);
  return 0;
}

/** `cntnr-netd unit install` */
export function unitInstall({ args }: CommandContext): number {
  const root = args.value("root") ?? "/";
  for (const file of filesOf(args)) {
    install(join(root, file.path), file.text);
    print(`${join(root, file.path)}\n`);
  }
  if (root === "/") print(nextSteps);
  return 0;
}

const nextSteps = `
Now, as root:
  systemd-sysusers && systemd-tmpfiles --create
  cntnr-netd policy check            # after writing /etc/cntnr/netd.d/*.conf and /etc/cntnr/net.d/*.conflist
  systemctl daemon-reload && systemctl enable --now cntnr-netd
`;

function filesOf(args: ParsedArguments): UnitFile[] {
  return unitFiles(
    args.value("program") ?? process.execPath,
    args.value("unit-dir") ?? "/etc/systemd/system",
  );
}

/** Whole or not at all: systemd may read at any time. */
function install(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text, { mode: 0o644 });
  chmodSync(`${path}.new`, 0o644);
  renameSync(`${path}.new`, path);
}
