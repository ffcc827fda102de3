import { CntnrError } from "../../errors/cntnr-error.ts";
import { type ExpandOptions, expandWord } from "../dockerfile/expand.ts";
import { heredocText } from "../dockerfile/heredoc.ts";
import type { CopySource, InstructionOf } from "../dockerfile/instruction.ts";
import type { CopyItem, CopyOperation } from "./operation.ts";
import { classifySource } from "./remote-source.ts";
import { resolveAgainst, type Scope } from "./scope.ts";

/** COPY or ADD with its variables substituted. */
export function evaluateCopy(
  { kind, sources, destination, flags }: InstructionOf<"copy" | "add">,
  { state, expand }: Scope,
  expansion: ExpandOptions,
): CopyOperation {
  const items = sources.map((source) => itemOf(source, kind, expansion));
  const target = expand(destination);
  if (target === "") throw new CntnrError("build", "the destination is empty when it is expanded");
  const isDirectory = /(?:^|\/)\.?$/.test(target);
  if (items.length > 1 && !isDirectory)
    throw new CntnrError(
      "build",
      `several sources: then the destination is a directory, and is written with a slash at its end (${target}/)`,
    );
  const resolved = resolveAgainst(state.settings, target).replace(/\/+$/, "");
  const checksum = flags.checksum === undefined ? undefined : checkChecksum(expand(flags.checksum), items);
  return {
    kind: "copy",
    isAdd: kind === "add",
    items,
    destination: isDirectory ? `${resolved}/` : resolved,
    exclude: flags.exclude.map(expand),
    isLinked: flags.link,
    keepsParents: flags.parents,
    keepsGitDir: flags.keepGitDir,
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.chown === undefined ? {} : { chown: expand(flags.chown) }),
    ...(flags.chmod === undefined ? {} : { chmod: expand(flags.chmod) }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(flags.unpack === undefined ? {} : { unpack: flags.unpack }),
  };
}

function itemOf(source: CopySource, kind: "copy" | "add", expansion: ExpandOptions): CopyItem {
  if (source.kind === "heredoc") {
    const text = heredocText(source.heredoc);
    const expanded = source.heredoc.expands ? expandWord(text, { ...expansion, quoting: "kept" }) : text;
    return { kind: "text", name: source.heredoc.name, text: expanded };
  }
  const path = expandWord(source.text, expansion);
  if (path === "") throw new CntnrError("build", "a source is empty when it is expanded");
  const item = kind === "add" ? classifySource(path) : { kind: "path" as const, path };
  if (kind === "copy" && /^https?:\/\//i.test(path))
    throw new CntnrError("build", `${path}: COPY takes no URLs; ADD does`);
  return item;
}

function checkChecksum(text: string, items: readonly CopyItem[]): string {
  const [item] = items;
  if (items.length !== 1 || !item || (item.kind !== "url" && item.kind !== "git"))
    throw new CntnrError("build", "--checksum is for one source, a URL or a Git repository");
  const isValid = item.kind === "url" ? /^sha256:[a-f0-9]{64}$/.test(text) : /^[a-f0-9]{1,64}$/.test(text);
  if (!isValid)
    throw new CntnrError(
      "build",
      `--checksum=${text}: ${item.kind === "url" ? "sha256: and 64 hexadecimal digits" : "a commit's hexadecimal digits"}`,
    );
  return text;
}
