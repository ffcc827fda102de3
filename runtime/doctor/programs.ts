import { dirname } from "node:path";
import { initProgramNames } from "../bundle/init-program.ts";
import { installCommand } from "../process/package-names.ts";
import { asRoot, asUser, type Finding, fault, good, warning } from "./check.ts";

/** A program that the engine starts. */
export interface NeededProgram {
  readonly name: string;
  /** Those that are as good. */
  readonly others?: readonly string[];
  /** What does not work without it. */
  readonly need: string;
  /** Whether `run` does not work without it. */
  readonly isEssential: boolean;
}

/** Where a program is, as far as one can see. */
export interface ProgramPlace {
  /** By PATH. */
  readonly inPath: string | undefined;
  /** In a directory where programs usually are. */
  readonly elsewhere: string | undefined;
  /** Text of /etc/os-release. */
  readonly osRelease: string;
}

export const neededPrograms: readonly NeededProgram[] = [
  { name: "runc", need: "no container runs", isEssential: true },
  { name: "conmon", need: "no container runs in the background or on a terminal", isEssential: true },
  { name: "skopeo", need: "no image is pulled", isEssential: true },
  { name: "unshare", need: "layers cannot be unpacked", isEssential: true },
  { name: "nsenter", need: "cp cannot reach into running containers", isEssential: false },
  {
    name: initProgramNames[0] ?? "",
    others: initProgramNames.slice(1),
    need: "--init is refused",
    isEssential: false,
  },
];

const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function findProgram({ name, others = [] }: NeededProgram, osRelease: string): ProgramPlace {
  const names = [name, ...others];
  return {
    inPath: names.flatMap((one) => Bun.which(one) ?? [])[0],
    elsewhere: names.flatMap((one) => Bun.which(one, { PATH: usualPath }) ?? [])[0],
    osRelease,
  };
}

/** Pure. */
export function judgeProgram({ name, need, isEssential }: NeededProgram, place: ProgramPlace): Finding {
  const { inPath, elsewhere, osRelease } = place;
  if (inPath !== undefined) return good(inPath);
  const lack = isEssential ? fault : warning;
  if (elsewhere !== undefined)
    return lack(`${elsewhere} is not in PATH: ${need}`, asUser(`export PATH="$PATH:${dirname(elsewhere)}"`));
  const command = installCommand(name, osRelease);
  return lack(`is not installed: ${need}`, command === undefined ? undefined : asRoot(command));
}
