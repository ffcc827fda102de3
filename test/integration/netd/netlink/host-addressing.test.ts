import { expect, test } from "bun:test";
import { hostAddressing } from "../../../../netd/netlink/host-addressing.ts";
import { runChecked } from "../../../fixtures/users.ts";

interface IpAddress {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

interface IpRoute {
  readonly dst: string;
  readonly dev?: string;
  readonly type?: string;
  readonly table?: string;
}

async function ip<Answer>(...words: string[]): Promise<Answer> {
  return JSON.parse((await runChecked(["ip", "-json", ...words])).stdout);
}

test("the host's addresses and routes are those that ip shows (D6)", async () => {
  const { addresses, routes } = hostAddressing();
  const links = await ip<IpAddress[]>("address");
  expect(addresses.map(({ address, device }) => `${address} ${device}`).toSorted()).toEqual(
    links
      .flatMap(({ ifname, addr_info }) =>
        addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen} ${ifname}`),
      )
      .toSorted(),
  );
  const shown = [
    ...(await ip<IpRoute[]>("-4", "route", "show", "table", "all")),
    ...(await ip<IpRoute[]>("-6", "route", "show", "table", "all")),
  ].filter(({ type = "unicast", table }) => type === "unicast" && table !== "local");
  const withoutHostPrefix = (text: string) => text.replace(/\/(?:32|128) /, " ");
  expect(
    routes.map(({ destination, device }) => withoutHostPrefix(`${destination} ${device}`)).toSorted(),
  ).toEqual(shown.map(({ dst, dev }) => `${dst} ${dev ?? ""}`).toSorted());
});
