import { describe, expect, test } from "bun:test";
import { KnownAttachments } from "../../../../netd/filter/known-attachments.ts";
import { portToPort } from "../../../../netd/filter/marks.ts";
import { attachment } from "./attachments.ts";

const second = {
  id: "b",
  hostEnd: { kind: "bridge-port", bridge: "lab0", name: "veth2", index: 8 },
  mac: "02:00:00:00:01:06",
  addresses: ["10.20.0.6/24"],
} as const;

describe("attachments that are known", () => {
  test("cannot have each other's address, MAC or port, until they are forgotten", () => {
    const known = new KnownAttachments();
    const ports = [{ hostIp: undefined, hostPort: 80, containerPort: 8000, protocol: "tcp" }] as const;
    known.enter(attachment({ ports }));
    expect(() => known.enter(attachment({ ...second, addresses: ["10.20.0.5/24"] }))).toThrow(
      'would share "inet container4 10.20.0.5" with attachment a',
    );
    const elsewhere = ports.map((port) => ({ ...port, containerPort: 9000 }));
    expect(() => known.enter(attachment({ ...second, ports: elsewhere }))).toThrow(
      'would share "inet published_any4 tcp . 80" with attachment a',
    );
    expect(() => known.enter(attachment({ ...second, mac: "02:00:00:00:01:05" }))).toThrow(
      'would share "MAC 02:00:00:00:01:05 on lab0" with attachment a',
    );
    expect(known.all()).toHaveLength(1);
    known.forget("a");
    known.enter(attachment({ ...second, addresses: ["10.20.0.5/24"], ports }));
    expect(known.all().map(({ attachment: { id } }) => id)).toEqual(["b"]);
  });

  test("of one group on one network have one number, and no other group or network has it (D5, D7)", () => {
    const known = new KnownAttachments();
    const groupOf = (given: Parameters<typeof attachment>[0]) => {
      const { rules } = known.enter(attachment(given));
      return rules.elements.find(({ set }) => set === "group")?.value;
    };
    const end = (index: number) => ({
      id: `${index}`,
      hostEnd: { kind: "bridge-port", bridge: "lab0", name: `veth${index}`, index } as const,
      mac: `02:00:00:00:02:0${index}`,
      addresses: [`10.20.0.${index}/24`],
    });
    const first = groupOf({ ...end(1), isolationGroup: "alice" });
    expect(first).toEqual([{ mark: portToPort + 1 }]);
    expect(groupOf({ ...end(2), isolationGroup: "alice" })).toEqual(first);
    const others = [
      groupOf({ ...end(3), isolationGroup: "bob" }),
      groupOf({ ...end(4), network: "other", isolationGroup: "alice" }),
    ];
    expect(others).toEqual([[{ mark: portToPort + 2 }], [{ mark: portToPort + 3 }]]);
    expect(groupOf(end(5))).toBeUndefined();
  });

  test("tell from which interfaces their packets come", () => {
    const known = new KnownAttachments();
    known.enter(attachment());
    known.enter(attachment({ ...second, hostEnd: { kind: "routed", name: "veth2", index: 8 } }));
    expect([...known.interfaces()].sort()).toEqual(["lab0", "veth2"]);
  });
});
