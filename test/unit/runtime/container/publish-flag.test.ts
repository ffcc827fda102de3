import { describe, expect, test } from "bun:test";
import { parsePublishFlags } from "../../../../runtime/container/publish-flag.ts";

const tcp = (hostPort: number, containerPort: number, hostIp = "") => ({
  hostIp,
  hostPort,
  containerPort,
  protocol: "tcp" as const,
});

describe("-p", () => {
  test("takes a port of the host and one of the container", () => {
    expect(parsePublishFlags(["8080:80"])).toEqual([tcp(8080, 80)]);
    expect(parsePublishFlags(["53:5353/udp", "99:99/SCTP"]).map(({ protocol }) => protocol)).toEqual([
      "udp",
      "sctp",
    ]);
  });

  test("takes an address of the host, of IPv6 in brackets", () => {
    expect(parsePublishFlags(["192.0.2.1:8080:80"])).toEqual([tcp(8080, 80, "192.0.2.1")]);
    expect(parsePublishFlags(["[2001:db8::1]:8080:80"])).toEqual([tcp(8080, 80, "2001:db8::1")]);
    expect(parsePublishFlags([":8080:80"])).toEqual([tcp(8080, 80)]);
  });

  test("takes ranges of the same length", () => {
    expect(parsePublishFlags(["8000-8002:80-82"])).toEqual([tcp(8000, 80), tcp(8001, 81), tcp(8002, 82)]);
  });

  test("without a port of the host asks for a free one, for each of a range", () => {
    const free = (containerPort: number, hostIp = "") => ({
      hostIp,
      hostPort: "free" as const,
      containerPort,
      protocol: "tcp" as const,
    });
    for (const text of ["80", ":80", "::80"]) expect(parsePublishFlags([text])).toEqual([free(80)]);
    expect(parsePublishFlags(["80/udp"])).toEqual([{ ...free(80), protocol: "udp" }]);
    expect(parsePublishFlags(["8000-8001"])).toEqual([free(8000), free(8001)]);
    expect(parsePublishFlags(["127.0.0.1::80"])).toEqual([free(80, "127.0.0.1")]);
    expect(parsePublishFlags(["[2001:db8::1]::80"])).toEqual([free(80, "2001:db8::1")]);
    expect(parsePublishFlags(["80", "80"])).toHaveLength(2);
  });

  test("may publish the same port of different addresses and protocols", () => {
    expect(parsePublishFlags(["80:80", "80:80/udp", "192.0.2.1:80:80"])).toHaveLength(3);
  });

  test.each([
    ["80:", "must be [HOST-IP:]PORT:CONTAINER-PORT[/PROTOCOL]"],
    ["a:b", "must be"],
    ["192.0.2.1:80", "must be"],
    ["host.example::80", "is no address"],
    ["90-80", "a range goes upwards"],
    ["1-300", "more than 256 ports"],
    ["0", "ports are numbers from 1 to 65535"],
    ["80:80:80:80", "must be"],
    ["host.example:80:80", "is no address"],
    ["2001:db8::1:80:80", "must be"],
    ["[nonsense]:80:80", "is no address"],
    ["0:80", "ports are numbers from 1 to 65535"],
    ["80:70000", "ports are numbers from 1 to 65535"],
    ["90-80:80-90", "a range goes upwards"],
    ["8000-8002:80-81", "not equally long"],
    ["80:80/icmp", "the protocol is one of tcp, udp, sctp"],
    ["1-65535:1-65535", "more than 256 ports"],
  ])("%s is refused: %s", (text, message) => {
    expect(() => parsePublishFlags([text])).toThrow(message);
  });

  test("refuses a port that is published twice", () => {
    expect(() => parsePublishFlags(["80:80", "80:81"])).toThrow("port 80/tcp is published twice");
  });
});
