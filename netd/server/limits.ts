import type { ServerLimits } from "../contract/server-limits.ts";

/**
 * A script that starts a hundred containers at once and then five a second, all day long, is not slowed down (Q5).
 * A connection costs 0.5 ms, a call 0.3 ms, so that one user alone takes no more than a few percent of the service.
 */
export const defaultLimits: ServerLimits = {
  connectionsPerUid: 16,
  connections: 256,
  connecting: { burst: 100, perSecond: 50 },
  attaching: { burst: 100, perSecond: 5 },
  calling: { burst: 200, perSecond: 100 },
};

/** Bounds that depend on nothing of the administrator's (Q1-Q4). */
export const fixedLimits = {
  /** Without a complete call for this long, a connection is closed. */
  idleMs: 10_000,
  /** Longest life of a connection, calls under way or not. */
  lifeMs: 120_000,
  /** A call that takes longer is answered; what it began goes on. `cntnr` itself waits for 90 s. */
  callMs: 80_000,
  /** A call that would have to wait longer than this for its rate is refused. */
  longestDelayMs: 20_000,
  messageBytes: 16_384,
  streams: 4,
  /** Bytes of one user, over all its connections; a call of `cntnr` has some 500. Above it, nothing is read for a while. */
  sending: { burst: 262_144, perSecond: 65_536 },
} as const;

/** The limits by the names that the administrator has for them. */
const named: Readonly<Record<string, (limits: ServerLimits, value: number) => ServerLimits>> = {
  "connections-per-user": (limits, connectionsPerUid) => ({ ...limits, connectionsPerUid }),
  connections: (limits, connections) => ({ ...limits, connections }),
  "connect-burst": (limits, burst) => ({ ...limits, connecting: { ...limits.connecting, burst } }),
  "connect-rate": (limits, perSecond) => ({ ...limits, connecting: { ...limits.connecting, perSecond } }),
  "attach-burst": (limits, burst) => ({ ...limits, attaching: { ...limits.attaching, burst } }),
  "attach-rate": (limits, perSecond) => ({ ...limits, attaching: { ...limits.attaching, perSecond } }),
  "call-burst": (limits, burst) => ({ ...limits, calling: { ...limits.calling, burst } }),
  "call-rate": (limits, perSecond) => ({ ...limits, calling: { ...limits.calling, perSecond } }),
};

/** For help. */
export const limitNames = Object.keys(named);

/**
 * The default limits with some of them changed.
 * @param texts `NAME=NUMBER`, rates per second
 * Throws an Error that says what is wrong.
 */
export function parseLimits(texts: readonly string[]): ServerLimits {
  return texts.reduce((limits, text) => {
    const [, name = "", value = ""] = /^([a-z-]+)=([1-9][0-9]{0,5})$/.exec(text) ?? [];
    const change = Object.hasOwn(named, name) ? named[name] : undefined;
    if (!change)
      throw new Error(`limit ${text}: write NAME=NUMBER, with one of the names ${limitNames.join(", ")}`);
    return change(limits, Number(value));
  }, defaultLimits);
}
