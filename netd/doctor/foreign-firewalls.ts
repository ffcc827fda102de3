import { tableName } from "../filter/transactions.ts";

interface BaseChain {
  readonly family?: string;
  readonly table?: string;
  readonly name?: string;
  readonly hook?: string;
  readonly policy?: string;
}

/**
 * Base chains of others that drop what is forwarded unless one of their rules lets it pass, as ufw's and Docker's do:
 * nftables asks every table, and one that drops is enough.
 * @param listing what `nft --json list chains` prints (libnftables-json(5))
 */
export function droppingChains(listing: unknown): string[] {
  const objects = (listing as { nftables?: readonly { chain?: BaseChain }[] }).nftables ?? [];
  return objects.flatMap(({ chain }) => {
    if (chain?.hook !== "forward" || chain.policy !== "drop" || chain.table === tableName) return [];
    return [`chain ${chain.name} of table ${chain.family} ${chain.table}`];
  });
}
