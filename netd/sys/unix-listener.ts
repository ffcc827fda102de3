import { dlopen, ptr } from "bun:ffi";
import { check, FileDescriptor } from "./libc.ts";

const libc = dlopen("libc.so.6", {
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
}).symbols;

const unixFamily = 1;
/** SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC. */
const type = 1 | 0o4000 | 0o2000000;
/** sizeof sun_path: unix(7). */
const pathBytes = 108;
/** The kernel's own limit, net.core.somaxconn, is lower or the same. */
const backlog = 4096;

/**
 * A listening unix socket that this process never accepts from: it is handed to another. Its mode is what the umask
 * leaves of 0777. Throws SystemCallError, and for a path that is too long.
 */
export function listenUnix(path: string): FileDescriptor {
  if (Buffer.byteLength(path) >= pathBytes) throw new Error(`${path}: too long for a unix socket`);
  const address = Buffer.alloc(2 + pathBytes);
  address.writeUInt16LE(unixFamily);
  address.write(path, 2);
  const socket = new FileDescriptor(check("socket", libc.socket(unixFamily, type, 0)));
  try {
    check("bind", libc.bind(socket.number, ptr(address), address.length));
    check("listen", libc.listen(socket.number, backlog));
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** listen(2) once more: sets how many connections may wait, which Bun sets to 512. Throws SystemCallError. */
export function restoreBacklog(listener: number): void {
  check("listen", libc.listen(listener, backlog));
}

/** A second descriptor, close-on-exec, of what `fd` refers to (F_DUPFD_CLOEXEC of fcntl(2)). */
export function duplicate(fd: number): FileDescriptor {
  const duplicateCloseOnExec = 1030;
  return new FileDescriptor(check("fcntl", libc.fcntl(fd, duplicateCloseOnExec, 0)));
}

/** Takes over a descriptor that was inherited, and lets no child inherit it (F_SETFD of fcntl(2)). Throws SystemCallError. */
export function closeOnExec(fd: number): FileDescriptor {
  const [setDescriptorFlags, flag] = [2, 1];
  check("fcntl", libc.fcntl(fd, setDescriptorFlags, flag));
  return new FileDescriptor(fd);
}
