import { dlopen, ptr, read } from "bun:ffi";

const libc = dlopen("libc.so.6", {
  __errno_location: { args: [], returns: "ptr" },
  close: { args: ["i32"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  fstatfs: { args: ["i32", "ptr"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  syscall: { args: ["i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  umount2: { args: ["ptr", "i32"], returns: "i32" },
}).symbols;

/** Numbers of errno(3) that callers tell apart. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EBADF: 9,
  EAGAIN: 11,
  EINVAL: 22,
  ENODEV: 19,
  ENOTTY: 25,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  ESOCKTNOSUPPORT: 94,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
} as const;

/** A system call that failed: `call` and its errno(3). */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";

  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    super(`${call}: errno ${errno}`);
  }
}

/** The result of a call that did not fail. Throws SystemCallError. */
export function check(call: string, result: number | bigint): number {
  if (result < 0) {
    const location = libc.__errno_location();
    throw new SystemCallError(call, location ? read.i32(location) : 0);
  }
  return Number(result);
}

function cString(text: string): Buffer {
  if (text.includes("\0")) throw new SystemCallError("string", errno.EINVAL);
  return Buffer.from(`${text}\0`);
}

/** An open descriptor with an owner: `using fd = ...`. */
export class FileDescriptor implements Disposable {
  #open = true;
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  /** Throws when it was closed: the number may be of something else by now, another user's process for example. */
  get number(): number {
    if (!this.#open) throw new Error("descriptor is used after it was closed");
    return this.#number;
  }

  /** The name under which this process can open, stat or bind-mount what the descriptor refers to. */
  get path(): string {
    return `/proc/self/fd/${this.number}`;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    libc.close(this.#number);
  }
}

/**
 * getsockopt(2) at SOL_SOCKET: the bytes of the answer. Throws SystemCallError.
 * @param value has room for the answer; given by callers who ask very often
 */
export function getSocketOption(
  socket: number,
  option: number,
  capacityBytes: number,
  value = Buffer.alloc(capacityBytes),
): Buffer {
  // An address is good for the call that it is taken for: the engine moves small arrays when it compiles or slices what uses them.
  const length = new Uint32Array([capacityBytes]);
  const solSocket = 1;
  check("getsockopt", libc.getsockopt(socket, solSocket, option, ptr(value), ptr(length)));
  return value.subarray(0, length[0]);
}

/** socketpair(2), AF_UNIX and SOCK_STREAM: for finding out what this kernel can do. */
export function unixSocketPair(): readonly [FileDescriptor, FileDescriptor] {
  const pair = new Int32Array(2);
  const closeOnExec = 0o2000000;
  check("socketpair", libc.socketpair(1, 1 | closeOnExec, 0, ptr(pair)));
  return [new FileDescriptor(pair[0] ?? -1), new FileDescriptor(pair[1] ?? -1)];
}

/** ioctl(2) whose answer is the return value (a number or a new descriptor). */
export function ioctl(fd: number, request: number): number {
  return check("ioctl", libc.ioctl(fd, request, null));
}

/** ioctl(2) that writes `sizeBytes` bytes into a buffer. */
export function ioctlRead(fd: number, request: number, sizeBytes: number): Buffer {
  const value = Buffer.alloc(sizeBytes);
  check("ioctl", libc.ioctl(fd, request, ptr(value)));
  return value;
}

/** fstatfs(2): the magic number of the file system (f_type). */
export function fileSystemMagic(fd: number): number {
  const status = Buffer.alloc(120);
  check("fstatfs", libc.fstatfs(fd, ptr(status)));
  return Number(status.readBigInt64LE(0) & 0xffffffffn);
}

const syscallNumber = { pidfd_open: 434, pidfd_getfd: 438 } as const;

/** pidfd_open(2). */
export function pidfdOpen(pid: number): FileDescriptor {
  return new FileDescriptor(check("pidfd_open", libc.syscall(syscallNumber.pidfd_open, pid, 0, 0, 0)));
}

/** pidfd_getfd(2): a duplicate, close-on-exec, of descriptor `target` of the process behind `pidfd`. */
export function pidfdGetFd(pidfd: number, target: number): FileDescriptor {
  return new FileDescriptor(
    check("pidfd_getfd", libc.syscall(syscallNumber.pidfd_getfd, pidfd, target, 0, 0)),
  );
}

/** True while the process behind the pidfd has not ended. */
export function isAlive(pidfd: number): boolean {
  return endedProcesses([pidfd]).length === 0;
}

/** Which of these pidfds have ended: poll(2) with no waiting; a pidfd is readable once its process has exited. */
export function endedProcesses(pidfds: readonly number[]): number[] {
  if (pidfds.length === 0) return [];
  const entries = Buffer.alloc(pidfds.length * 8);
  const pollIn = 1;
  pidfds.forEach((fd, index) => {
    entries.writeInt32LE(fd, index * 8);
    entries.writeInt16LE(pollIn, index * 8 + 4);
  });
  check("poll", libc.poll(ptr(entries), pidfds.length, 0));
  return pidfds.filter((_, index) => entries.readInt16LE(index * 8 + 6) !== 0);
}

/** mount(2) flags. */
export const mountFlag = {
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  bind: 4096,
  shared: 1 << 20,
} as const;

/** mount(2). */
export function mount(source: string, target: string, type: string, flags: number, data: string): void {
  const text = [source, target, type, data].map(cString);
  const [sourcePtr, targetPtr, typePtr, dataPtr] = text.map((bytes) => ptr(bytes));
  check("mount", libc.mount(sourcePtr ?? null, targetPtr ?? null, typePtr ?? null, flags, dataPtr ?? null));
}

/** umount2(2) with MNT_DETACH and UMOUNT_NOFOLLOW. */
export function unmountDetached(target: string): void {
  check("umount2", libc.umount2(ptr(cString(target)), 2 | 8));
}

/** flock(2), exclusive, without waiting: false when somebody else holds it. */
export function tryLockExclusive(fd: number): boolean {
  try {
    check("flock", libc.flock(fd, 2 | 4));
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === errno.EAGAIN) return false;
    throw error;
  }
}

/**
 * ioctl SIOCUNIXFILE (linux/un.h): an O_PATH descriptor of the file that a unix socket is bound to; on the accepting side
 * of a connection it is the listening socket's. Needs CAP_NET_ADMIN. Throws SystemCallError.
 */
export function boundFile(socket: number): FileDescriptor {
  const siocUnixFile = 0x89e0;
  return new FileDescriptor(ioctl(socket, siocUnixFile));
}
