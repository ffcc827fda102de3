import * as v from "valibot";

export const protocols = ["tcp", "udp", "sctp"] as const;
export type Protocol = (typeof protocols)[number];

const strings = v.pipe(v.array(v.string()), v.readonly());
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));

const portSchema = v.object({
  /** Empty: all addresses of the host that the administrator allows. */
  hostIp: v.string(),
  hostPort: port,
  containerPort: port,
  protocol: v.picklist(protocols),
});

const requestedPortSchema = v.object({
  ...portSchema.entries,
  /** `free`: one that nobody has, from 1024 on, of those that rules give the user on this network; chosen anew at each start. */
  hostPort: v.union([port, v.literal("free")]),
});

/** A port of the host that leads to one of the container, as it is while the container runs: `hostPort` is the one that was chosen. */
export type PortMapping = v.InferOutput<typeof portSchema>;
/** What a container asks for: a port of the host by its number, or a free one. */
export type RequestedPort = v.InferOutput<typeof requestedPortSchema>;
export const portsSchema = v.pipe(v.array(portSchema), v.readonly());

/** What a container asks of one of netd's networks, as it is kept in its record and in its bundle's annotation. */
export const networkRequestSchema = v.object({
  name: v.pipe(v.string(), v.minLength(1)),
  /** Without prefix length, at most one of each family; empty: any. */
  addresses: v.optional(strings, []),
  /** Empty: any. */
  mac: v.optional(v.string(), ""),
  ports: v.optional(v.pipe(v.array(requestedPortSchema), v.readonly()), []),
});
export type NetworkRequest = v.InferOutput<typeof networkRequestSchema>;

/** A network of which nothing special is wanted. */
export function plainNetwork(name: string): NetworkRequest {
  return { name, addresses: [], mac: "", ports: [] };
}

/** How docker and people write it: 192.0.2.1:8080->80/tcp. */
export function showPort({ hostIp, hostPort, containerPort, protocol }: PortMapping): string {
  return `${showHostPort(hostIp, hostPort)}->${containerPort}/${protocol}`;
}

/** Where a port is reached from outside: 192.0.2.1:8080, [2001:db8::1]:8080. */
export function showHostPort(hostIp: string, hostPort: number): string {
  const host = hostIp.includes(":") ? `[${hostIp}]` : hostIp || "0.0.0.0";
  return `${host}:${hostPort}`;
}
