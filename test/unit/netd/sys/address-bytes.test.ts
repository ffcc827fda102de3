import { expect, test } from "bun:test";
import { bytesOfAddress } from "../../../../netd/sys/address-bytes.ts";

test.each([
  ["192.0.2.1", "c0000201"],
  ["::", "00000000000000000000000000000000"],
  ["::1", "00000000000000000000000000000001"],
  ["2001:db8::", "20010db8000000000000000000000000"],
  ["fd00::2:5", "fd000000000000000000000000020005"],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
])("%s is %s", (address, bytes) => {
  expect(bytesOfAddress(address).toString("hex")).toBe(bytes);
});
