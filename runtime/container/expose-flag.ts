import { CntnrError } from "../errors/cntnr-error.ts";
import { protocols } from "../network/network-request.ts";

const largestPort = 65_535;

/** `--expose PORT[-PORT][/PROTOCOL]`, as images name them: "80/tcp". Throws CntnrError `usage`. */
export function parseExposeFlag(text: string): string[] {
  const [, first = "", last = first, protocol = "tcp"] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(\w+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  const isKnown = protocols.some((name) => name === protocol.toLowerCase());
  if (first === "" || !isKnown || from < 1 || to < from || to > largestPort)
    throw new CntnrError(
      "usage",
      `--expose "${text}": it is PORT[-PORT][/PROTOCOL], for example 8000-8010/tcp`,
    );
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol.toLowerCase()}`);
}
