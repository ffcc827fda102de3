/*
 * Random numbers and sums without node:crypto: loading that takes 6 ms, which is more than anything else on the way of `cntnr run`.
 */

/** As many random bytes as lower-case hexadecimal digits. */
export function randomHex(bytes: number): string {
  return Buffer.from(randomBytes(bytes)).toString("hex");
}

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** A whole number from 0 to below `limit`, which is small: some are then a little likelier than others. */
export function randomBelow(limit: number): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number % limit;
}

/** SHA-256 in lower-case hexadecimal digits. */
export function sha256Hex(text: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
