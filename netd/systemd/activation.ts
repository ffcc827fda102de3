/** First of the descriptors that systemd passes (sd_listen_fds(3)). */
const firstDescriptor = 3;

/** What systemd has handed over at the start: descriptors by name. */
export interface Activation {
  /** The listening socket for users, and the administrator's; undefined when netd has to make them itself. */
  readonly users: number | undefined;
  readonly admin: number | undefined;
  /** What an earlier netd has had stored, by the name that it gave. */
  readonly stored: ReadonlyMap<string, number>;
}

/** Names of the sockets in the units (FileDescriptorName=). */
const socketNames = { users: "users", admin: "admin" } as const;

/**
 * Reads LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. Nothing was passed when they are meant for another process.
 * Throws when a name of a socket is there twice or what was passed makes no sense.
 */
export function parseActivation(env: NodeJS.ProcessEnv, pid: number): Activation {
  const isForUs = env.LISTEN_PID === String(pid);
  const count = isForUs ? Number(env.LISTEN_FDS ?? "0") : 0;
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`LISTEN_FDS=${env.LISTEN_FDS} is no number`);
  const names = count === 0 ? [] : (env.LISTEN_FDNAMES ?? "").split(":");
  if (names.length !== count)
    throw new Error(`systemd has passed ${count} descriptors and ${names.length} names (LISTEN_FDNAMES)`);
  const byName = new Map<string, number>();
  names.forEach((name, index) => {
    if (byName.has(name)) throw new Error(`systemd has passed two descriptors named ${name}`);
    byName.set(name, firstDescriptor + index);
  });
  const take = (name: string) => {
    const fd = byName.get(name);
    byName.delete(name);
    return fd;
  };
  return { users: take(socketNames.users), admin: take(socketNames.admin), stored: byName };
}
