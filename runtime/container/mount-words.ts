import { CntnrError } from "../errors/cntnr-error.ts";

/** Options of a bind beside ro and rw, as mount(8) and runc spell them. */
const bindOptions = new Set(
  "private rprivate shared rshared slave rslave suid nosuid dev nodev exec noexec bind rbind atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime sync async".split(
    " ",
  ),
);
/** Labels of SELinux, and what is for docker's virtual machine: here there is nothing to do, and compose files are full of them. */
const withoutMeaning = new Set(["z", "Z", "cached", "delegated", "consistent"]);

const tmpfsOption =
  /^(?:ro|rw|suid|nosuid|dev|nodev|exec|noexec|sync|async|atime|noatime|diratime|nodiratime|relatime|size=\d+[kmgt]?b?%?|mode=[0-7]{3,4}|nr_inodes=\d+[kmg]?|nr_blocks=\d+[kmg]?|uid=\d+|gid=\d+)$/i;

/** What the words behind a mount say. */
export interface MountWords {
  readonly readOnly: boolean;
  /** For the runtime. */
  readonly options: readonly string[];
  readonly owner?: "user";
  /** Said with copy and nocopy. */
  readonly content?: "copied" | "left-alone";
}

/** Throws CntnrError `usage` for a word that means nothing. */
export function parseMountWords(flag: string, words: readonly string[]): MountWords {
  const options: string[] = [];
  let said: MountWords = { readOnly: false, options };
  for (const word of words) {
    if (word === "ro" || word === "rw") said = { ...said, readOnly: word === "ro" };
    else if (word === "U") said = { ...said, owner: "user" };
    else if (word === "copy" || word === "nocopy")
      said = { ...said, content: word === "copy" ? "copied" : "left-alone" };
    else if (bindOptions.has(word)) options.push(word);
    else if (!withoutMeaning.has(word))
      throw new CntnrError("usage", `${flag}: "${word}" is not an option of a mount`);
  }
  return said;
}

export function checkTmpfsOption(flag: string, option: string): void {
  if (!tmpfsOption.test(option))
    throw new CntnrError("usage", `${flag}: "${option}" is not an option of a tmpfs`);
}
