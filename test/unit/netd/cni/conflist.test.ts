import { describe, expect, test } from "bun:test";
import { ConflistError, parseConflist, parseStoredConflist } from "../../../../netd/cni/conflist.ts";

const bridge = { type: "bridge", ipam: { type: "host-local", subnet: "10.1.0.0/24" } };

function textOf(changes: object): string {
  return JSON.stringify({ cniVersion: "1.0.0", name: "lab", plugins: [bridge], ...changes });
}

/** The message for a conflist that is refused. */
function refusal(text: string): string {
  try {
    parseConflist(text, "lab.conflist");
  } catch (error) {
    if (error instanceof ConflistError) return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

describe("a conflist", () => {
  test("is read with its plugins, their capabilities and their IPAM plugin", () => {
    const plugins = [bridge, { type: "portmap", capabilities: { portMappings: true, snat: false } }];
    const conflist = parseConflist(textOf({ plugins, disableCheck: true }), "lab.conflist");
    expect(conflist).toMatchObject({ name: "lab", cniVersion: "1.0.0", disableCheck: true });
    expect(conflist.plugins.map(({ type, ipamType }) => [type, ipamType])).toEqual([
      ["bridge", "host-local"],
      ["portmap", undefined],
    ]);
    expect(conflist.plugins.map(({ capabilities }) => [...capabilities])).toEqual([[], ["portMappings"]]);
  });

  test("is kept to the last byte, for the journal (R10)", () => {
    const text = `{ "cniVersion":"0.4.0",\t"name":"lab",\r\n "plugins":[ {"type":"bridge", "x": 1.50} ] }\n`;
    expect(parseConflist(text, "lab.conflist").text).toBe(text);
  });

  test("is used in the highest version that it offers and netd supports", () => {
    const versionOf = (changes: object) => parseConflist(textOf(changes), "").cniVersion;
    expect(versionOf({ cniVersion: "0.3.1" })).toBe("0.3.1");
    expect(versionOf({ cniVersions: ["0.4.0", "1.1.0", "2.0.0"] })).toBe("1.1.0");
    expect(versionOf({ cniVersion: "9.0.0", cniVersions: ["0.4.0", "0.3.0"] })).toBe("0.4.0");
    expect(refusal(textOf({ cniVersion: "0.2.0" }))).toBe(
      "lab.conflist: cniVersion 0.2.0 is not supported, only 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0",
    );
    expect(refusal(textOf({ cniVersion: "9.0.0", cniVersions: ["8.0.0"] }))).toContain("9.0.0, 8.0.0");
  });

  test("that has the wrong form is refused with the place", () => {
    expect(refusal("{")).toStartWith("lab.conflist: is not JSON: ");
    expect(refusal("[]")).toBe("lab.conflist: must be object");
    expect(refusal(textOf({ plugins: [] }))).toContain("plugins");
    expect(refusal(textOf({ disableCheck: "true" }))).toBe("lab.conflist: at disableCheck: must be boolean");
    expect(refusal(textOf({ plugins: [bridge, {}] }))).toBe(
      "lab.conflist: at plugins/1: must have required property 'type'",
    );
    expect(refusal(textOf({ plugins: [{ type: "x", capabilities: { mac: 1 } }] }))).toContain(
      "plugins/0/capabilities/mac",
    );
  });

  test("that is the configuration of a single plugin is refused with what to write", () => {
    expect(refusal(JSON.stringify({ cniVersion: "0.4.0", name: "lab", type: "bridge" }))).toContain(
      'write {"cniVersion": "1.0.0", "name": "...", "plugins": [...]}',
    );
  });

  test.each(["", ".", "..", "-lab", "_lab", "a/b", "a b", "a\n", "é", "a".repeat(65)])(
    "named %j is refused",
    (name) => {
      expect(refusal(textOf({ name }))).toContain("at name: must match pattern");
    },
  );

  test.each(["lab", "0", "a.b-c_d", "A".repeat(64)])("may be named %j", (name) => {
    expect(parseConflist(textOf({ name }), "").name).toBe(name);
  });

  test.each([
    "",
    ".",
    "..",
    "../bridge",
    "/usr/bin/id",
    "a/b",
    ".hidden",
    "a b",
    "a\0",
    "bridge\n",
    "a".repeat(65),
  ])("refuses the plugin type %j, as type and as ipam type (R3)", (type) => {
    expect(refusal(textOf({ plugins: [{ type }] }))).toContain("at plugins/0/type: must match pattern");
    expect(refusal(textOf({ plugins: [{ type: "bridge", ipam: { type } }] }))).toContain(
      "at plugins/0/ipam/type: must match pattern",
    );
  });

  test("is refused for what netd does itself, with what to do instead", () => {
    const refusalOf = (plugin: object) => refusal(textOf({ plugins: [bridge, { type: "ptp", ...plugin }] }));
    expect(refusalOf({ ipMasq: true })).toBe(
      "lab.conflist: at plugins/1: ipMasq: netd masquerades itself: take it out, and set masquerade in the policy's [network] section",
    );
    expect(refusalOf({ ipMasq: "true" })).toContain("ipMasq");
    expect(refusalOf({ type: "bridge", bridge: "../x" })).toBe(
      'lab.conflist: at plugins/1: bridge: "../x" is no name of an interface: a letter, and up to 14 letters, digits, _ . -',
    );
    for (const bridge of ["lab*", 'a"b', "a b", "x".repeat(16), 7])
      expect(refusalOf({ type: "bridge", bridge })).toContain("is no name of an interface");
    expect(
      parseConflist(textOf({ plugins: [{ type: "bridge", bridge: "br-lab.1_0" }] }), "").plugins,
    ).toHaveLength(1);
    expect(refusalOf({ ipam: { type: "host-local", dataDir: "/x" } })).toContain("netd keeps leases itself");
    expect(parseConflist(textOf({ plugins: [{ type: "ptp", ipMasq: false }] }), "").plugins).toHaveLength(1);
    expect(
      parseConflist(textOf({ plugins: [{ type: "a", ipam: { type: "other", dataDir: "/x" } }] }), "").name,
    ).toBe("lab");
  });

  test.each(["args", "runtimeConfig", "prevResult", "cni.dev/valid-attachments"])(
    "is refused when it writes the runtime's own key %s (R1, R2)",
    (key) => {
      const plugin = { type: "bridge", [key]: { cni: { ips: ["10.0.0.1"] } } };
      expect(refusal(textOf({ plugins: [plugin] }))).toContain(`${key} is written by netd`);
    },
  );

  test("is refused for a key that plugins would take for another one of netd's", () => {
    expect(refusal(textOf({ plugins: [{ type: "bridge", IPMasq: true }] }))).toContain(
      "IPMasq is to be written ipMasq",
    );
    expect(refusal(textOf({ plugins: [{ type: "bridge", runtimeconfig: {} }] }))).toContain("runtimeConfig");
    expect(
      refusal(textOf({ plugins: [{ type: "bridge", ipam: { type: "host-local", DataDir: "/x" } }] })),
    ).toContain("DataDir is to be written dataDir");
  });

  test("is refused for a number that would change on its way to the plugin", () => {
    const text = '{"cniVersion":"1.0.0","name":"lab","plugins":[{"type":"x","a":[{"b":9007199254740993}]}]}';
    expect(refusal(text)).toContain("too big to be passed on exactly");
  });

  test("of an earlier netd is read from the journal whatever a new one would refuse (R10)", () => {
    const text = textOf({ plugins: [{ type: "bridge", ipMasq: true }] });
    expect(parseStoredConflist(text, "journal").plugins[0]?.json.ipMasq).toBe(true);
    expect(() => parseStoredConflist(textOf({ plugins: [{ type: "../x" }] }), "journal")).toThrow(
      ConflistError,
    );
  });
});
