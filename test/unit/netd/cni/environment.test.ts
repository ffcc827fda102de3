import { describe, expect, test } from "bun:test";
import { attachmentEnvironment, versionEnvironment } from "../../../../netd/cni/environment.ts";

const attachment = { containerId: "c0ffee", netnsPath: "/run/cntnr-netd/ns/1", interfaceName: "eth0" };

describe("the environment of a plugin", () => {
  test("is the protocol's variables and a search path with /usr/sbin, nothing else (R1, R7)", () => {
    expect(attachmentEnvironment("ADD", attachment, "/usr/lib/cni")).toEqual({
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "c0ffee",
      CNI_NETNS: "/run/cntnr-netd/ns/1",
      CNI_IFNAME: "eth0",
      CNI_PATH: "/usr/lib/cni",
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    });
    expect(versionEnvironment("/usr/lib/cni")).toEqual({
      CNI_COMMAND: "VERSION",
      CNI_PATH: "/usr/lib/cni",
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    });
  });

  test("may lack a namespace in DEL only", () => {
    const gone = { ...attachment, netnsPath: "" };
    expect(attachmentEnvironment("DEL", gone, "/usr/lib/cni").CNI_NETNS).toBe("");
    expect(() => attachmentEnvironment("ADD", gone, "/usr/lib/cni")).toThrow('namespace "" is not fit');
    expect(() => attachmentEnvironment("CHECK", gone, "/usr/lib/cni")).toThrow();
  });

  test.each([
    { containerId: "" },
    { containerId: "-a" },
    { containerId: "a;IP=10.0.0.1" },
    { containerId: "a\nCNI_ARGS=x" },
    { interfaceName: "" },
    { interfaceName: ".." },
    { interfaceName: "a/b" },
    { interfaceName: "0123456789abcdef" },
    { interfaceName: "eth0\0" },
    { netnsPath: "relative" },
    { netnsPath: "/run/ns/a b" },
    { netnsPath: "/run/ns/\0" },
  ])("is not made of %j (R4)", (change) => {
    expect(() => attachmentEnvironment("DEL", { ...attachment, ...change }, "/usr/lib/cni")).toThrow(
      "is not fit",
    );
  });
});
