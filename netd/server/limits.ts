import type { Rate } from "../fairness/token-bucket.ts";

/** Bounds on what users may cost the service; the administrator may change them. */
export interface ServerLimits {
  readonly connectionsPerUid: number;
  readonly connections: number;
  /** New connections of one user; those above it are closed at once. */
  readonly connecting: Rate;
  /** Attach calls of one user; those above it wait. */
  readonly attaching: Rate;
  /** All calls of one user; those above it wait. */
  readonly calling: Rate;
}

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
