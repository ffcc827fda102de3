import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Change, diffLines, diffPolicies } from "../../../../policy/tools/diff.ts";
import { refusedNow } from "../../../../policy/tools/live.ts";
import { alice, bob, compile, labPolicy } from "../policies.ts";

const groupsOf = (uid: number) => (uid === 1000 ? [1000, 2000] : [uid]);

/** The changes of subjects, without their rules. */
async function changes(before: string, after: string): Promise<string[]> {
  const { subjects } = diffPolicies(await labPolicy(before), await labPolicy(after), groupsOf);
  const line = ({ who, direction, key, before: old, after: current }: Change) =>
    `${who} ${direction} ${key} ${old} -> ${current}`;
  return subjects.map(line);
}

const devs = "[allow group:devs network:lab]\nattachments = 8\nports = 8000-8999/tcp\n";

describe("a difference of policies", () => {
  test("is none when the same things are said in other words", async () => {
    const before =
      "[allow user:alice network:lab]\nattachments = 4\nports = 8000-8499/tcp, 8500-8999/tcp\nbandwidth = 1000k\n";
    const after =
      "; x\n[allow user:#1000 network:lab]\nbandwidth-out = 1M\nbandwidth-in = 1M\nports = 8000-8999/tcp\nattachments = 4\n";
    expect(await changes(before, after)).toEqual([]);
    const same = await labPolicy(devs);
    expect(diffLines(diffPolicies(same, same, groupsOf))).toEqual(["Nobody gains or loses anything."]);
  });

  test("says who gains and who loses what", async () => {
    const after = "[allow group:devs network:lab]\nattachments = 4\nports = 8000-9999/tcp\nnames = yes\n";
    expect(await changes(devs, after)).toEqual([
      "group:devs loses attachments 8 -> 4",
      "group:devs gains ports 8000-8999/tcp -> 8000-9999/tcp",
      "group:devs gains names no -> yes",
    ]);
    expect(await changes(devs, devs.replace("8000-8999", "8500-9499"))).toEqual([
      "group:devs changes ports 8000-8999/tcp -> 8500-9499/tcp",
    ]);
  });

  test("says of a network that is lost or new that it is, and no more", async () => {
    expect(await changes(devs, "")).toEqual(["group:devs loses attachments 8 -> -"]);
    expect(await changes(devs, devs.replace("= 8\n", "= 0\n"))).toEqual([
      "group:devs loses attachments 8 -> -",
    ]);
    expect(await changes("", devs)).toEqual([
      "group:devs gains attachments - -> 8",
      "group:devs gains ports - -> 8000-8999/tcp",
    ]);
  });

  test("sees a user with her groups", async () => {
    const own = "[allow user:alice network:lab]\nattachments = 1\n";
    expect(await changes(devs, devs + own)).toEqual(["user:alice loses attachments 8 -> 1"]);
    expect(await changes(devs + own, devs)).toEqual(["user:alice gains attachments 1 -> 8"]);
  });

  test("sees what everyone has, also for the members of groups", async () => {
    const everyone = "[allow everyone network:lab]\nattachments = 2\nmac = chosen\n";
    expect(await changes(devs, devs + everyone)).toEqual([
      "everyone gains attachments - -> 2",
      "everyone gains mac - -> chosen",
      "group:devs gains mac auto -> chosen",
    ]);
  });

  test("takes a limit by default for what it is", async () => {
    const limited = `${devs}connections = 5000\n`;
    expect(await changes(devs, limited)).toEqual(["group:devs gains connections 4096 -> 5000"]);
    expect(await changes(devs, `${devs}connections = 4096\n`)).toEqual([]);
    expect(await changes(devs, `${devs}bandwidth-in = 1M\n`)).toEqual([
      "group:devs loses bandwidth-in unlimited -> 1M",
    ]);
  });

  test("has the networks' own settings, and the lines that decided", async () => {
    const before = await compile(`[network lab]\nconflist = lab.conflist\n${devs}`, "old.conf");
    const after = await compile(
      `[network lab]\nconflist = lab.conflist\negress = any\n${devs.replace("= 8\n", "= 9\n")}[network b]\nconflist = b.conflist\n`,
      "new.conf",
    );
    expect(diffLines(diffPolicies(before, after, groupsOf))).toEqual([
      "network b    conflist     - -> b.conflist",
      "network b    attachments  - -> 999",
      "network b    isolation    - -> user",
      "network b    host-access  - -> none",
      "network b    egress       - -> none",
      "network b    masquerade   - -> no",
      "network lab  egress       none -> any",
      "group:devs  gains  network lab  attachments  8 -> 9  by allow group:devs network:lab (new.conf:5)",
    ]);
  });

  test("turned round has gains for losses", async () => {
    const limit = fc.constantFrom("0", "2", "9", "unlimited");
    const text = fc
      .tuple(limit, fc.constantFrom("ports = tcp", "ports = none", "ports = 80/tcp", "mac = chosen", ";"))
      .map(
        ([attachments, line]) => `[allow user:alice network:lab]\nattachments = ${attachments}\n${line}\n`,
      );
    const turned = { gains: "loses", loses: "gains", changes: "changes" } as const;
    await fc.assert(
      fc.asyncProperty(text, text, async (one, other) => {
        const [a, b] = [await labPolicy(one), await labPolicy(other)];
        const forth = diffPolicies(a, b, groupsOf).subjects.filter(({ key }) => key === "attachments");
        const back = diffPolicies(b, a, groupsOf).subjects.filter(({ key }) => key === "attachments");
        expect(back.map(({ direction }) => direction)).toEqual(
          forth.map(({ direction }) => turned[direction]),
        );
        expect(diffPolicies(a, a, groupsOf)).toEqual({ networks: [], subjects: [] });
      }),
    );
  });
});

describe("live attachments under a new policy (C9)", () => {
  const live = (id: string, subject = alice, changes = {}) => ({
    id,
    who: `uid ${subject.uid}`,
    subject,
    request: { network: "lab", ...changes },
  });

  test("that it would refuse are told, the newest where there are too many", async () => {
    const policy = await labPolicy("[allow user:alice network:lab]\nattachments = 2\n");
    expect(
      refusedNow(policy, [
        live("a"),
        live("b", bob),
        live("c"),
        live("d"),
        live("e", alice, { network: "x" }),
      ]),
    ).toEqual([
      {
        id: "b",
        who: "uid 1001",
        network: "lab",
        reason: "network: no rule is for this user on network lab",
      },
      {
        id: "d",
        who: "uid 1000",
        network: "lab",
        reason: "attachments: 2 of 2 attachments are in use: allow user:alice network:lab (a.conf:5)",
      },
      { id: "e", who: "uid 1000", network: "x", reason: "network: there is no such network" },
    ]);
  });

  test("count for the network and for addresses", async () => {
    const policy = await labPolicy(
      "[allow everyone network:lab]\nattachments = unlimited\naddresses = 3\n",
      "attachments = 3",
    );
    const two = { addressesPerAttachment: 2 };
    expect(refusedNow(policy, [live("a", alice, two), live("b", alice, two)]).map(({ id }) => id)).toEqual([
      "b",
    ]);
    expect(
      refusedNow(policy, [live("a"), live("b", bob), live("c"), live("d", bob)]).map(({ id }) => id),
    ).toEqual(["d"]);
  });
});
