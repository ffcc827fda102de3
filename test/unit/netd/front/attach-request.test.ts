import { expect, test } from "bun:test";
import { parseAttachRequest } from "../../../../netd/front/attach-request.ts";

const request = {
  network: "lab",
  interface: "",
  idempotencyKey: "key",
  netnsFd: 3,
  leaseFd: 4,
  checkOnly: false,
  addresses: [],
  mac: "",
  ports: [],
};

test.each([
  [
    "01:00:5E:00:00:05",
    "mac is a multicast address, which no interface can have, because its first byte is odd",
  ],
  ["ff:ff:ff:ff:ff:ff", "mac is the broadcast address"],
  ["00:00:00:00:00:00", "mac is all zeros"],
  ["02:00:00:00:00:0g", "mac is not a MAC address"],
  ["02:00:00:00:00:05\n", "mac is not a MAC address"],
])("MAC address %p is refused with what is wrong with it (R15)", (mac, message) => {
  expect(() => parseAttachRequest({ ...request, mac })).toThrow(`malformed request: ${message}`);
});

test("a MAC address that an interface can have is taken in lower case", () => {
  expect(parseAttachRequest({ ...request, mac: "02:00:00:00:00:AA" }).mac).toBe("02:00:00:00:00:aa");
});
