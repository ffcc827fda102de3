import { describe, expect, test } from "bun:test";
import type { Attachment__Output } from "../../../../proto/generated/types/cntnr/netd/v1/Attachment.ts";
import type { Network__Output } from "../../../../proto/generated/types/cntnr/netd/v1/Network.ts";
import { CntnrError } from "../../../../runtime/errors/cntnr-error.ts";
import type { PortMapping, RequestedPort } from "../../../../runtime/network/network-request.ts";
import { withFreePorts } from "../../../../runtime/network/with-free-ports.ts";

const free: RequestedPort = { hostIp: "", hostPort: "free", containerPort: 80, protocol: "tcp" };

function grantOf(ports: string): Network__Output {
  const grants = [
    { key: "attachments", value: "4", grantedBy: "" },
    { key: "ports", value: ports, grantedBy: "" },
  ];
  return { name: "lab", grants } as Partial<Network__Output> as Network__Output;
}

function conflict(message: string): CntnrError {
  return new CntnrError("conflict", message);
}

/** What is asked for, one after the other, of a netd that answers each with an error, until it gives none. */
async function asked(
  requested: readonly RequestedPort[],
  answer: (ports: readonly PortMapping[], attempt: number) => CntnrError | undefined,
  { grant = "8000-8099/tcp", lists = [] }: { grant?: string; lists?: Attachment__Output[][] } = {},
): Promise<{ ports: readonly number[][]; error: unknown; listed: number }> {
  const ports: number[][] = [];
  let listed = 0;
  const netd = {
    networks: async () => ({ networks: [grantOf(grant)] }),
    list: async () => ({ attachments: lists[listed++] ?? [] }),
    attach: () => Promise.reject(new Error("nothing else is asked")),
  };
  const attempt = withFreePorts(netd, { name: "lab", ports: requested }, async (chosen) => {
    ports.push(chosen.map(({ hostPort }) => hostPort));
    const error = answer(chosen, ports.length);
    if (error) throw error;
  });
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { ports, error, listed };
}

const inUse = ([port]: readonly PortMapping[]) =>
  conflict(`port ${port?.hostPort}/${port?.protocol} is in use on the host`);

describe("free ports", () => {
  test("are other ones when somebody has those that were chosen", async () => {
    const { ports, error } = await asked([free], (chosen, attempt) =>
      attempt <= 4 ? inUse(chosen) : undefined,
    );
    expect(error).toBeUndefined();
    expect(new Set(ports.flat()).size).toBe(5);
  });

  test("are tried a number of times, and not for ever", async () => {
    const { ports, error } = await asked([free], inUse);
    expect(ports).toHaveLength(32);
    expect(error).toMatchObject({
      code: "conflict",
      message: expect.stringContaining("no free port of the host was found: somebody has 80"),
    });
  });

  test("are asked for again only when what was begun of an attachment is gone", async () => {
    const lists: Attachment__Output[][] = [[]];
    const { error, listed } = await asked(
      [free],
      (chosen, attempt) => {
        if (attempt > 1) return undefined;
        const ending = {
          network: "lab",
          state: "ATTACHMENT_STATE_DETACHING",
          ports: chosen.map((port) => ({ ...port, protocol: "PROTOCOL_TCP" })),
        } as Partial<Attachment__Output> as Attachment__Output;
        lists.push([ending], [ending], []);
        return inUse(chosen);
      },
      { lists },
    );
    expect([error, listed]).toEqual([undefined, 4]);
  });

  test.each([
    ["of a port that was named", "port 8500/tcp is in use on the host"],
    ["of an address", "port 8000/tcp of 192.0.2.1 cannot be published: that is no address of the host"],
    ["of anything else", "the address 10.0.0.1 is the host's own"],
  ])("are no way out of a conflict %s", async (_, message) => {
    const { ports, error } = await asked([{ ...free, hostPort: 8500 }, free], () => conflict(message), {
      grant: "8000/tcp, 8500/tcp",
    });
    expect(ports).toEqual([[8500, 8000]]);
    expect(error).toMatchObject({ code: "conflict", message });
  });

  test("are none when all are named: netd is asked once, and for nothing else", async () => {
    const { ports, listed } = await asked([{ ...free, hostPort: 8080 }], inUse);
    expect([ports, listed]).toEqual([[[8080]], 0]);
  });
});
