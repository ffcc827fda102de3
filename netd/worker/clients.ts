import { statSync } from "node:fs";
import type { ConnectionName } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";
import { cookieOf } from "../peer/connection.ts";
import { identifyPeer, type Peer, type PidfdSource } from "../peer/identify-peer.ts";
import { boundFile, type FileDescriptor, getSocketOption, pidfdGetFd } from "../sys/libc.ts";

/** The clients that are connected to our listening socket; who they are is asked of the kernel, never of the front. */
export class Clients {
  readonly #listenerFile: string;

  constructor(
    listener: FileDescriptor,
    private readonly source: PidfdSource,
  ) {
    this.#listenerFile = fileOf(listener.number);
  }

  /**
   * Takes the client's connection from the front and reads who connected. What the front can bring about is the choice
   * among connections to our own socket that are open now: any other socket of its making is bound to another file,
   * or to none. Dispose the peer. Throws Refusal `denied` with the reason as its cause.
   */
  peerOf(front: FileDescriptor, { fd, cookie }: ConnectionName): Peer {
    try {
      using connection = pidfdGetFd(front.number, fd);
      if (cookieOf(connection.number) !== cookie) throw new Error("the connection is closed");
      // Of a listening socket the kernel names who made it: us.
      if (isListening(connection.number)) throw new Error("a listening socket");
      if (fileOf(connection.number) !== this.#listenerFile) throw new Error("not a connection to our socket");
      return identifyPeer(connection.number, this.source);
    } catch (cause) {
      throw new Refusal("denied", "", { cause });
    }
  }
}

/** SO_ACCEPTCONN (socket(7)). */
function isListening(socket: number): boolean {
  const acceptConnections = 30;
  return getSocketOption(socket, acceptConnections, 4).readInt32LE() !== 0;
}

/** Names the file that a socket is bound to, by device and inode. */
function fileOf(socket: number): string {
  using file = boundFile(socket);
  const { dev, ino } = statSync(file.path);
  return `${dev}:${ino}`;
}
