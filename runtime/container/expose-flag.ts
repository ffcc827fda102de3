import { CntnrError } from "../errors/cntnr-error.ts";
import { type PortMapping, protocols } from "../network/network-request.ts";

const largestPort = 65_535;

/** `--expose PORT[-PORT][/PROTOCOL]`, as images name them: "80/tcp". Throws CntnrError `usage`. */
export function parseExposeFlag(text: string): string[] {
  const ports = exposedPorts(text);
  if (ports.length === 0)
    throw new CntnrError(
      "usage",
      `--expose "${text}": it is PORT[-PORT][/PROTOCOL], for example 8000-8010/tcp`,
    );
  return ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`);
}

/** The ports that "80", "80/tcp" or "8000-8010/tcp" names; none for a text that names no ports, as an image's may be. */
export function exposedPorts(text: string): Pick<PortMapping, "containerPort" | "protocol">[] {
  const [, first = "", last = first, name = "tcp"] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(\w+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  const protocol = protocols.find((known) => known === name.toLowerCase());
  if (first === "" || !protocol || from < 1 || to < from || to > largestPort) return [];
  return Array.from({ length: to - from + 1 }, (_, index) => ({ containerPort: from + index, protocol }));
}
