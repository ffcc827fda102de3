import { describe, expect, test } from "bun:test";
import { parseRequests, simulate } from "../../../../policy/tools/simulate.ts";
import { aliceOfDevs, labPolicy } from "../policies.ts";

const policy = labPolicy(
  "[allow group:devs network:lab]\nattachments = 2\nports = 8000-8999/tcp\nstatic-ips = 10.20.0.0/24\naddresses = 4\n",
);
const subjectOf = (name: string) => (name === "alice" ? aliceOfDevs : undefined);

async function outcomes(...lines: string[]): Promise<string[]> {
  const { requests, problems } = parseRequests("r.jsonl", lines.join("\n"));
  expect(problems).toEqual([]);
  return simulate(await policy, requests, subjectOf).map(
    ({ line, who, outcome, why, isAsExpected }) => `${line} ${who} ${outcome} ${isAsExpected} ${why}`,
  );
}

describe("a file of requests", () => {
  test("is decided line by line, each for itself", async () => {
    expect(
      await outcomes(
        "# developers",
        '{"user": "alice", "network": "lab", "ports": ["8080:80/tcp"], "expect": "allow"}',
        "",
        '{"user": "alice", "network": "lab", "ports": ["22"], "expect": "deny"}',
        '{"uid": 7, "gids": [2000], "network": "lab", "attachmentsUsed": 2}',
        '{"user": "alice", "network": "lab", "nested": true, "expect": "allow"}',
        '{"user": "gone", "network": "lab"}',
      ),
    ).toEqual([
      "2 alice allow true allow group:devs network:lab (a.conf:5)",
      "4 alice deny true port 22/tcp: is in none of the ports given: allow group:devs network:lab (a.conf:6)",
      "5 #7 deny true attachments: 2 of 2 attachments are in use: allow group:devs network:lab (a.conf:5)",
      "6 alice deny false nested user namespace: no rule gives nested = yes",
      "7 gone deny true there is no such user",
    ]);
  });

  test("can say everything that a request has", async () => {
    const [first] = parseRequests(
      "r",
      '{"user":"alice","network":"lab","ips":["10.20.0.7"],"mac":"02:00:00:00:00:01","ports":["[2001:db8::1]:53:5353/udp"],"names":true,"nested":true,"attachmentsUsed":1,"addressesUsed":2,"portsUsed":4,"networkAttachmentsUsed":3}',
    ).requests;
    expect(first?.request).toEqual({
      network: "lab",
      staticIps: ["10.20.0.7"],
      mac: "02:00:00:00:00:01",
      ports: [{ hostIp: "2001:db8::1", hostPort: 53, containerPort: 5353, protocol: "udp" }],
      names: true,
      callerDepth: 0,
      namespaceDepth: 2,
      attachmentsUsed: 1,
      addressesUsed: 2,
      portsUsed: 4,
      networkAttachmentsUsed: 3,
      addressesPerAttachment: 1,
      subnets: "unknown",
    });
  });

  test.each([
    ["{", "is not a request: must be object"],
    ["[]", "is not a request: must be object"],
    ['{"user":"alice"}', "is not a request: must have required property 'network'"],
    ['{"user":"alice","network":1}', "network must be string"],
    ['{"user":"alice","network":"lab","port":[]}', "unknown key port"],
    ['{"network":"lab"}', "needs either user, or uid and gids"],
    ['{"user":"alice","uid":1,"network":"lab"}', "needs either user, or uid and gids"],
    ['{"uid":1,"network":"lab"}', "needs either user, or uid and gids"],
    ['{"uid":-1,"gids":[],"network":"lab"}', "uid must be >= 0"],
    [
      '{"user":"alice","network":"lab","ports":["x"]}',
      '"x" is no port: [IP:]PORT[:CONTAINERPORT][/PROTOCOL]',
    ],
    ['{"user":"alice","network":"lab","expect":"maybe"}', "expect must be allow or deny"],
  ])("with a mistake is refused with its line: %s", (text, message) => {
    expect(parseRequests("r.jsonl", `\n${text}\n`).problems).toEqual([
      { file: "r.jsonl", line: 2, column: 1, message },
    ]);
  });
});
