const units = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** How long ago a time (RFC 3339) was, in one unit: "2 hours". */
export function agoOf(time: string, nowMs: number = Date.now()): string {
  const then = Date.parse(time);
  if (Number.isNaN(then)) return "an unknown time";
  const seconds = Math.max(0, Math.round((nowMs - then) / 1000));
  const [name, size] = units.find(([, length]) => seconds >= length) ?? ["second", 1];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
