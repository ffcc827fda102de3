const minuteS = 60;
const hourS = 60 * minuteS;
const dayS = 24 * hourS;

/** From the shortest: below how many seconds a unit is used, and how long it is. */
const units = [
  [minuteS, "second", 1],
  [hourS, "minute", minuteS],
  [2 * dayS, "hour", hourS],
  [14 * dayS, "day", dayS],
  [60 * dayS, "week", 7 * dayS],
  [2 * 365 * dayS, "month", 30 * dayS],
  [Number.POSITIVE_INFINITY, "year", 365 * dayS],
] as const;

/** How long ago a time (RFC 3339) was, in docker's words: "About a minute", "2 hours", "13 days". */
export function agoOf(time: string, nowMs: number = Date.now()): string {
  const then = Date.parse(time);
  if (Number.isNaN(then)) return "an unknown time";
  const exact = Math.max(0, Math.floor((nowMs - then) / 1000));
  const seconds = exact < hourS ? exact : Math.round(exact / hourS) * hourS;
  const [, name, size] = units.find(([limit]) => seconds < limit) ?? units[0];
  const count = Math.floor(seconds / size);
  if (count === 0) return "Less than a second";
  if (count === 1 && name !== "second") return name === "hour" ? "About an hour" : `About a ${name}`;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
