import { CntnrError } from "../../errors/cntnr-error.ts";
import { parseChange } from "../dockerfile/parse-dockerfile.ts";
import { evaluate } from "./evaluate.ts";
import type { StageState } from "./scope.ts";
import type { Settings } from "./settings.ts";

/** Instructions that do more than change settings. */
const forbiddenKinds = new Set(["run", "copy", "add", "from", "arg", "shell", "maintainer"]);

/**
 * `--change INSTRUCTION` of commit and import: what all of them together do to an image's settings. Throws CntnrError `build` for what
 * is no instruction, `usage` for what docker does not take either.
 */
export function changesOf(texts: readonly string[]): (settings: Settings) => Settings {
  const instructions = texts.map((text) => parseChange("--change", text).instruction);
  const forbidden = instructions.find(({ kind }) => forbiddenKinds.has(kind));
  if (forbidden)
    throw new CntnrError(
      "usage",
      `--change: ${forbidden.kind.toUpperCase()} is no change of settings: there are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR`,
    );
  return (settings) => {
    let state: StageState = { settings, args: new Map(), hasOwnCmd: true };
    const options = { buildArgs: new Map(), globalArgs: new Map(), escape: "\\", network: "none" } as const;
    for (const instruction of instructions) ({ state } = evaluate(instruction, state, options));
    return state.settings;
  };
}
