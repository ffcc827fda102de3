import { CntnrError } from "../errors/cntnr-error.ts";
import type { Ulimit } from "./container-options.ts";

/** Names of setrlimit(2), without RLIMIT_. */
const ulimitNames = new Set(
  "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);

/** `--ulimit NAME=SOFT[:HARD]`; -1 and `unlimited` are no limit. Throws CntnrError `usage`. */
export function parseUlimit(text: string): Ulimit {
  const [, name = "", soft = "", hard = soft] =
    /^([a-z]+)=(-1|\d{1,18}|unlimited)(?::(-1|\d{1,18}|unlimited))?$/.exec(text) ?? [];
  if (!ulimitNames.has(name))
    throw new CntnrError("usage", `--ulimit "${text}": it is written NAME=SOFT[:HARD], nofile=1024:4096`);
  const number = (word: string) => (word === "unlimited" ? -1 : Number(word));
  const limit: Ulimit = { type: `RLIMIT_${name.toUpperCase()}`, soft: number(soft), hard: number(hard) };
  if (limit.hard !== -1 && (limit.soft === -1 || limit.soft > limit.hard))
    throw new CntnrError("usage", `--ulimit "${text}": the soft limit is above the hard one`);
  return limit;
}

/** `--sysctl KEY=VALUE`, all of them. Throws CntnrError `usage`. */
export function parseSysctls(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([A-Za-z0-9_./-]+)=([\s\S]*)$/.exec(text) ?? [];
      if (key === undefined || value === undefined || key.includes(".."))
        throw new CntnrError("usage", `--sysctl "${text}": it is written KEY=VALUE`);
      // Linux takes both spellings; the specification has dots.
      return [key.includes("/") ? key.replaceAll("/", ".") : key, value];
    }),
  );
}

/** `--oom-score-adj`: how gladly the kernel ends the container when memory runs out (proc(5)). */
export function parseOomScoreAdj(text: string): number {
  if (/^-?\d{1,4}$/.test(text) && Math.abs(Number(text)) <= 1000) return Number(text);
  throw new CntnrError("usage", `--oom-score-adj "${text}": it is a number from -1000 to 1000`);
}
