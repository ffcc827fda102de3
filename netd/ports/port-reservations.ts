import { bytesOfAddress } from "../sys/address-bytes.ts";
import { errno, type FileDescriptor, SystemCallError } from "../sys/libc.ts";
import { bindSocket, family, intOption, openSocket, setSocketOption, socketType } from "../sys/sockets.ts";
import { familiesOf, type Protocol, type PublishedPort } from "./published-port.ts";

/** A port that cannot be had; the message says which and why, in words for the caller. */
export class PortUnavailable extends Error {
  override readonly name = "PortUnavailable";
}

/** Ports held for attachments by sockets that are bound and never used (R11). */
export class PortReservations implements Disposable {
  readonly #held = new Map<string, readonly FileDescriptor[]>();

  /**
   * Takes all of them or none, for an owner that has none yet.
   * @param containerAddresses where the ports lead: what is published in one family is reserved in that one
   * Throws PortUnavailable.
   */
  reserve(owner: string, ports: readonly PublishedPort[], containerAddresses: readonly string[]): void {
    this.#requireNew(owner);
    using stack = new DisposableStack();
    const sockets = ports.flatMap((port) =>
      bindBoth(port, containerAddresses).map((socket) => stack.use(socket)),
    );
    stack.move();
    this.#hold(owner, sockets);
  }

  /**
   * Takes again what an owner had before, as far as nobody else has it now.
   * @returns what cannot be had, and why
   */
  reserveAgain(
    owner: string,
    ports: readonly PublishedPort[],
    containerAddresses: readonly string[],
  ): { readonly port: PublishedPort; readonly reason: string }[] {
    this.#requireNew(owner);
    const sockets: FileDescriptor[] = [];
    const lost = ports.flatMap((port) => {
      try {
        sockets.push(...bindBoth(port, containerAddresses));
        return [];
      } catch (error) {
        if (!(error instanceof PortUnavailable)) throw error;
        return [{ port, reason: error.message }];
      }
    });
    this.#hold(owner, sockets);
    return lost;
  }

  /**
   * Takes one more for an owner, until it is released with the others or disposed.
   * Throws PortUnavailable.
   */
  reserveFurther(owner: string, port: PublishedPort, containerAddresses: readonly string[]): Disposable {
    const sockets = bindBoth(port, containerAddresses);
    this.#hold(owner, [...(this.#held.get(owner) ?? []), ...sockets]);
    return {
      [Symbol.dispose]: () => {
        for (const socket of sockets) socket[Symbol.dispose]();
        const others = (this.#held.get(owner) ?? []).filter((socket) => !sockets.includes(socket));
        if (others.length > 0) this.#held.set(owner, others);
        else this.#held.delete(owner);
      },
    };
  }

  #requireNew(owner: string): void {
    if (this.#held.has(owner)) throw new Error(`${owner} has its ports already`);
  }

  #hold(owner: string, sockets: readonly FileDescriptor[]): void {
    if (sockets.length > 0) this.#held.set(owner, sockets);
  }

  /** Does nothing for an owner that has none. */
  release(owner: string): void {
    for (const socket of this.#held.get(owner) ?? []) socket[Symbol.dispose]();
    this.#held.delete(owner);
  }

  [Symbol.dispose](): void {
    for (const owner of [...this.#held.keys()]) this.release(owner);
  }
}

/** A socket for each family in which the port is published, or none of them. Throws PortUnavailable. */
function bindBoth(port: PublishedPort, containerAddresses: readonly string[]): FileDescriptor[] {
  using stack = new DisposableStack();
  const sockets = familiesOf(port, containerAddresses).flatMap((ipFamily) => {
    const socket = bindPort(port, ipFamily);
    return socket ? [stack.use(socket)] : [];
  });
  stack.move();
  return sockets;
}

const types: Readonly<Record<Protocol, { readonly type: number; readonly protocol: number }>> = {
  tcp: { type: socketType.stream, protocol: 6 },
  udp: { type: socketType.datagram, protocol: 17 },
  sctp: { type: socketType.stream, protocol: 132 },
};

const solSocket = 1;
const receiveBuffer = 8;
const ipprotoIpv6 = 41;
const v6Only = 26;

/**
 * A socket bound to the port, with neither SO_REUSEADDR nor SO_REUSEPORT: nobody else can bind it, and it could not be
 * bound if somebody had. Undefined where the kernel does not have the protocol: then no service of the host can have it.
 */
function bindPort(port: PublishedPort, ipFamily: "ipv4" | "ipv6"): FileDescriptor | undefined {
  const { type, protocol } = types[port.protocol];
  let socket: FileDescriptor;
  try {
    socket = openSocket(ipFamily === "ipv4" ? family.inet : family.inet6, type, protocol);
  } catch (error) {
    const absent: readonly number[] = [errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EAFNOSUPPORT];
    if (error instanceof SystemCallError && absent.includes(error.errno)) return undefined;
    throw error;
  }
  try {
    if (ipFamily === "ipv6") setSocketOption(socket, ipprotoIpv6, v6Only, intOption(1));
    // Nobody reads what is sent to it before its packets are rewritten: the smallest buffer there is.
    setSocketOption(socket, solSocket, receiveBuffer, intOption(0));
    bindSocket(socket, ipFamily === "ipv4" ? socketAddress4(port) : socketAddress6(port));
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw unavailable(port, error);
  }
}

function unavailable({ hostIp, hostPort, protocol }: PublishedPort, error: unknown): unknown {
  if (!(error instanceof SystemCallError)) return error;
  const where = `port ${hostPort}/${protocol}${hostIp === undefined ? "" : ` of ${hostIp}`}`;
  if (error.errno === errno.EADDRINUSE) return new PortUnavailable(`${where} is in use on the host`);
  if (error.errno === errno.EADDRNOTAVAIL)
    return new PortUnavailable(`${where} cannot be published: that is no address of the host`);
  return new PortUnavailable(`${where} cannot be had`, { cause: error });
}

/** struct sockaddr_in. */
function socketAddress4({ hostIp = "0.0.0.0", hostPort }: PublishedPort): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(family.inet, 0);
  address.writeUInt16BE(hostPort, 2);
  address.set(bytesOfAddress(hostIp), 4);
  return address;
}

/** struct sockaddr_in6. */
function socketAddress6({ hostIp = "::", hostPort }: PublishedPort): Buffer {
  const address = Buffer.alloc(28);
  address.writeUInt16LE(family.inet6, 0);
  address.writeUInt16BE(hostPort, 2);
  address.set(bytesOfAddress(hostIp), 8);
  return address;
}
