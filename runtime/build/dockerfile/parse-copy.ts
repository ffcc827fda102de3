import { parseHeredocMark } from "./heredoc.ts";
import type { CopyFlags, CopySource, InstructionBody } from "./instruction.ts";
import type { InstructionReader } from "./instruction-reader.ts";
import { splitFields } from "./words.ts";

const flagsOfBoth = ["chown", "chmod", "link", "parents"];
const flagsOfCopy = [...flagsOfBoth, "from"];
const flagsOfAdd = [...flagsOfBoth, "checksum", "keep-git-dir", "unpack"];

/** `COPY|ADD [FLAGS] SOURCE... DESTINATION`, or the same in JSON form. */
export function parseCopy(reader: InstructionReader, kind: "copy" | "add"): InstructionBody {
  reader.checkFlags(kind === "copy" ? flagsOfCopy : flagsOfAdd, ["exclude"]);
  const words = reader.json() ?? splitFields(reader.rest).map(({ text }) => text);
  const destination = words.at(-1);
  if (words.length < 2 || destination === undefined)
    throw reader.error(`${reader.keyword} needs at least a source and a destination`);
  if (parseHeredocMark(destination) && isHeredoc(reader, destination))
    throw reader.error(`${reader.keyword}: a here-document cannot be the destination`);
  return {
    kind,
    sources: words.slice(0, -1).map((text) => sourceOf(reader, text)),
    destination,
    flags: flagsOf(reader),
  };
}

function flagsOf(reader: InstructionReader): CopyFlags {
  const from = reader.flag("from");
  const chown = reader.flag("chown");
  const chmod = reader.flag("chmod");
  const checksum = reader.flag("checksum");
  const unpack = reader.switch("unpack");
  return {
    exclude: reader.flagValues("exclude"),
    link: reader.switch("link") ?? false,
    parents: reader.switch("parents") ?? false,
    keepGitDir: reader.switch("keep-git-dir") ?? false,
    ...(from === undefined ? {} : { from }),
    ...(chown === undefined ? {} : { chown }),
    ...(chmod === undefined ? {} : { chmod }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(unpack === undefined ? {} : { unpack }),
  };
}

function sourceOf(reader: InstructionReader, text: string): CopySource {
  const heredoc = reader.line.heredocs.find(({ word }) => word === text);
  return heredoc ? { kind: "heredoc", heredoc } : { kind: "path", text };
}

function isHeredoc(reader: InstructionReader, word: string): boolean {
  return reader.line.heredocs.some((heredoc) => heredoc.word === word);
}
