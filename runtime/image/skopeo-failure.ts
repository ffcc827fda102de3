import { CntnrError, type ErrorCode } from "../errors/cntnr-error.ts";
import { type CommandResult, complaintOf } from "../process/run-command.ts";
import { type ImageReference, sourceShown } from "./reference.ts";

/** What was copied from, or to. */
export type CopiedPlace = Pick<ImageReference, "source" | "shownSource" | "registry" | "name">;

interface Explanation {
  /** Words of skopeo and the libraries that it is made of. */
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly say: (place: CopiedPlace, match: RegExpExecArray) => string;
}

/** What skopeo says, in the order in which it is looked for; the first that fits explains. */
const explanations: readonly Explanation[] = [
  {
    pattern: /blobs\/sha256\/([a-f0-9]{64}): no such file or directory/,
    code: "corrupt",
    say: ({ source }, [, hex]) => `${source} is not whole: its blob sha256:${hex} is missing`,
  },
  {
    pattern: /no image found in (?:manifest|image index)|no matching manifest/i,
    code: "not-found",
    say: ({ source }) => `${source} has no image for this machine's processor`,
  },
  {
    pattern:
      /manifest unknown|name unknown|repository name not known|name invalid|no descriptor found for reference|no image found|Tag .* not found|StatusCode: 404|received unexpected HTTP status: 404/i,
    code: "not-found",
    say: ({ registry, name, source }) =>
      registry
        ? `there is no image ${name} in the registry ${registry}`
        : `there is no such image in ${source}`,
  },
  {
    pattern:
      /unauthorized|authentication required|access to the resource is denied|denied:|StatusCode: 40[13]|invalid username\/password/i,
    code: "not-permitted",
    say: ({ registry, name }) =>
      `the registry ${registry} does not let you have ${name} (or it does not exist): log in with \`cntnr login ${registry}\``,
  },
  {
    pattern: /Source image rejected|rejected by policy|A signature was required/i,
    code: "not-permitted",
    say: ({ source }) =>
      `the image policy (containers-policy.json(5), or --image-policy) does not allow ${source}`,
  },
  {
    pattern: /Error loading trust policy/i,
    code: "unavailable",
    say: () =>
      "there is no readable image policy, which says whose images to trust: install /etc/containers/policy.json, or use --image-policy FILE or --image-policy insecure",
  },
  {
    pattern: /no such host|server misbehaving|Temporary failure in name resolution/i,
    code: "unavailable",
    say: ({ registry }) => `there is no host ${registry}: the name cannot be resolved`,
  },
  {
    pattern:
      /connection refused|no route to host|network is unreachable|i\/o timeout|connection reset|TLS handshake timeout|context deadline exceeded/i,
    code: "unavailable",
    say: ({ registry }) => `the registry ${registry} cannot be reached`,
  },
  {
    pattern: /server gave HTTP response to HTTPS client/i,
    code: "unavailable",
    say: ({ registry }) =>
      `the registry ${registry} speaks plain HTTP: if that is what you want, use --tls-verify=false or mark it insecure in registries.conf(5)`,
  },
  {
    pattern: /x509:|certificate|tls:/i,
    code: "unavailable",
    say: ({ registry }) => `the registry ${registry} has not proved who it is`,
  },
  {
    pattern: /toomanyrequests|too many requests|StatusCode: 429/i,
    code: "unavailable",
    say: ({ registry }) => `the registry ${registry} wants fewer requests: try again later, or log in`,
  },
  {
    pattern: /no space left on device|disk quota exceeded/i,
    code: "engine",
    say: () => "the disk or the quota is full",
  },
  {
    pattern:
      /digest did not match|does not match|unexpected EOF|invalid tar header|Digest mismatch|size mismatch/i,
    code: "corrupt",
    say: ({ source }) => `${source} is damaged`,
  },
  {
    pattern: /no such file or directory|not a directory|is a directory/i,
    code: "not-found",
    say: ({ source }) => `${source}: there is no such image`,
  },
  {
    pattern: /permission denied/i,
    code: "not-permitted",
    say: ({ source }) => `${source} cannot be read`,
  },
];

/** Turns what skopeo printed when it failed into one line for a person, with skopeo's own reason at its end. */
export function explainSkopeoFailure(
  reference: CopiedPlace,
  result: Pick<CommandResult, "exitCode" | "stderr">,
): CntnrError {
  const reason = withoutPlace(fatalMessage(result), reference);
  const place = { ...reference, source: sourceShown(reference) };
  for (const { pattern, code, say } of explanations) {
    const match = pattern.exec(reason);
    if (match) return new CntnrError(code, `${say(place, match)} (${lastCause(reason)})`);
  }
  return new CntnrError("engine", `cannot copy ${place.source}: skopeo says: ${reason}`);
}

/** A reason in which nothing is said of where a thing is that people have no name for. */
function withoutPlace(reason: string, { source, shownSource }: CopiedPlace): string {
  const path = source.split(":")[1] ?? "";
  return shownSource === undefined || path === ""
    ? reason
    : reason.replaceAll(`${path}/`, "").replaceAll(path, shownSource);
}

/** The text of the last `level=fatal msg="..."`, unquoted; else the last line. */
export function fatalMessage(result: Pick<CommandResult, "exitCode" | "stderr">): string {
  for (const line of result.stderr.split("\n").toReversed()) {
    const quoted = /level=fatal msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
    const bare = /level=fatal msg=(\S+)/.exec(line)?.[1];
    if (quoted) return unquote(quoted);
    if (bare) return bare;
  }
  return complaintOf(result);
}

function unquote(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    // Go quotes a few characters in ways that JSON does not have.
    return text.slice(1, -1);
  }
}

/** The end of a chain of "doing this: doing that: cause". */
function lastCause(reason: string): string {
  const parts = reason.split(": ");
  return parts.slice(-Math.min(2, parts.length)).join(": ").slice(0, 300);
}
