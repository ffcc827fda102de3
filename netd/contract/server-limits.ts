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
