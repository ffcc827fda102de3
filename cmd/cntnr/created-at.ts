/** As Go prints a time. */
export function createdAt(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}
