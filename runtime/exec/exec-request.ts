/** One `cntnr exec`. */
export interface ExecRequest {
  readonly command: readonly string[];
  /** KEY=VALUE, beyond the container's own. */
  readonly env: readonly string[];
  /** user[:group], names of the container or numbers; without it the container's own user. */
  readonly user?: string;
  /** Absolute; without it the container's own. */
  readonly workingDir?: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  /** All capabilities, within the container's user namespace. */
  readonly isPrivileged: boolean;
}
