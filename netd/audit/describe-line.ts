import { escaped, type ParsedLine } from "./audit-line.ts";

/** One line of the log for a person: when, what, who, where, and whatever else the line has. */
export function describeLine(line: ParsedLine): string {
  const { ts, boot: _boot, seq: _seq, prev: _prev, event, subject, uid, network, ...rest } = line;
  const parts = [localTime(ts), event.padEnd(10), whoOf(subject, uid)];
  if (network !== undefined) parts.push(`network ${text(network)}`);
  for (const name of Object.keys(labels)) if (name in rest) parts.push(labelled(name, rest[name]));
  return parts.filter((part) => part !== "").join("  ");
}

/** In the order and the words in which they are shown; what is not here is for programs. */
const labels: Readonly<Record<string, string>> = {
  reason: "",
  rule: "rule ",
  addresses: "",
  ref: "ref ",
  attachment: "attachment ",
  action: "of ",
  count: "lines ",
  since: "since ",
  until: "until ",
  residue: "left: ",
  durationMs: "",
};

function labelled(name: string, value: unknown): string {
  if (name === "durationMs") return `${text(value)} ms`;
  const shown = Array.isArray(value) ? value.map(text).join(", ") : text(value);
  return shown === "" ? "" : `${labels[name]}${shown}`;
}

function whoOf(subject: unknown, uid: unknown): string {
  if (typeof subject !== "object" || subject === null) return uid === undefined ? "" : `uid ${text(uid)}`;
  const { uid: peer, pid, exe } = subject as Record<string, unknown>;
  return `uid ${text(peer)} (pid ${text(pid)}${exe === undefined ? "" : `, ${text(exe)}`})`;
}

/** As it is in the log: control characters, and whatever else a terminal could take for an order, stay escaped. */
function text(value: unknown): string {
  if (typeof value !== "string") return escaped(JSON.stringify(value));
  return escaped(JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"'));
}

function localTime(ts: string): string {
  const time = new Date(ts);
  if (Number.isNaN(time.getTime())) return text(ts);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 23).replace("T", " ");
}
