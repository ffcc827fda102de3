/** The one table of netd's. Nobody else's rules are ever read or written. */
export const tableName = "inet cntnr_netd";

/** An address of a container with its subnet's prefix length: 10.20.0.5/24. Strictly checked by its maker. */
export type InterfaceAddress = string;

interface Family {
  readonly suffix: "4" | "6";
  readonly type: "ipv4_addr" | "ipv6_addr";
  readonly match: "ip" | "ip6";
  readonly multicast: string;
}

const ipv4: Family = { suffix: "4", type: "ipv4_addr", match: "ip", multicast: "224.0.0.0/4" };
const ipv6: Family = { suffix: "6", type: "ipv6_addr", match: "ip6", multicast: "ff00::/8" };

function sets({ suffix, type }: Family): string {
  return (
    `  set masquerade${suffix} { type ${type}; }\n` +
    // Address of a container . its own subnet: what stays in the subnet keeps its source.
    `  set local${suffix} { type ${type} . ${type}; flags interval; }\n`
  );
}

function rule({ suffix, match, multicast }: Family): string {
  return (
    `    ${match} saddr @masquerade${suffix} ${match} daddr != ${multicast} ` +
    `${match} saddr . ${match} daddr != @local${suffix} masquerade\n`
  );
}

/** The whole table, replacing what is there in one transaction: there is no moment without it. */
export function wholeTable(addresses: readonly InterfaceAddress[]): string {
  const families = [ipv4, ipv6];
  return (
    `table ${tableName}\ndelete table ${tableName}\ntable ${tableName} {\n` +
    `${families.map(sets).join("")}  chain postrouting {\n` +
    "    type nat hook postrouting priority srcnat; policy accept;\n" +
    `${families.map(rule).join("")}  }\n}\n` +
    addElements(addresses)
  );
}

export function addElements(addresses: readonly InterfaceAddress[]): string {
  return addresses.map((address) => elements("add", address)).join("");
}

/** Adding first makes the deletion of an element that is not there no error, in the same transaction. */
export function deleteElements(addresses: readonly InterfaceAddress[]): string {
  return addresses.map((address) => elements("add", address) + elements("delete", address)).join("");
}

function elements(verb: "add" | "delete", interfaceAddress: InterfaceAddress): string {
  const { suffix } = interfaceAddress.includes(":") ? ipv6 : ipv4;
  const address = interfaceAddress.slice(0, interfaceAddress.indexOf("/"));
  return (
    `${verb} element ${tableName} masquerade${suffix} { ${address} }\n` +
    `${verb} element ${tableName} local${suffix} { ${address} . ${interfaceAddress} }\n`
  );
}
