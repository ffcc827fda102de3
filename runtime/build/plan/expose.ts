/** The ports that a word of EXPOSE means, as configurations name them: `8080`, `53/udp`, `7000-7002`. Undefined for others. */
export function parseExposed(word: string): string[] | undefined {
  const [, first = "", last, protocol = "tcp"] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
  const from = Number(first);
  const to = last === undefined ? from : Number(last);
  if (first === "" || from < 1 || to > 65535 || to < from) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol.toLowerCase()}`);
}
