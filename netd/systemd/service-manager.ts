import { messageOf } from "../errors.ts";
import { monotonicMicroseconds, sendDatagram } from "../sys/notify-socket.ts";

/** Descriptors that outlive this process, by name; where nobody keeps them, they do not. */
export interface DescriptorStore {
  store(name: string, fd: number): void;
  remove(name: string): void;
}

/** What netd tells systemd (sd_notify(3)); without systemd, nobody. */
export class ServiceManager implements DescriptorStore, Disposable {
  readonly #address: string | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  /** @param env its NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are for us alone, and no child is to have them */
  constructor(
    env: NodeJS.ProcessEnv,
    private readonly log: (line: string) => void,
  ) {
    this.#address = env.NOTIFY_SOCKET;
    const isOurs = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(process.pid);
    const everyMs = Number(env.WATCHDOG_USEC) / 1000 / 3;
    if (!isOurs || !(everyMs > 0)) return;
    // From the event loop: one that is blocked is a service that does not serve (Q10).
    this.#watchdog = setInterval(() => this.#tell("WATCHDOG=1"), everyMs);
    this.#watchdog.unref();
  }

  get isThere(): boolean {
    return this.#address !== undefined;
  }

  /** Serves, after the start or a reload. */
  ready(status: string): void {
    this.#tell(`READY=1\nSTATUS=${status}`);
  }

  reloading(): void {
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${monotonicMicroseconds()}`);
  }

  stopping(): void {
    this.#tell("STOPPING=1");
  }

  store(name: string, fd: number): void {
    // Without FDPOLL=0 systemd drops a descriptor that polls as ended.
    this.#tell(`FDSTORE=1\nFDNAME=${name}\nFDPOLL=0`, [fd]);
  }

  remove(name: string): void {
    this.#tell(`FDSTOREREMOVE=1\nFDNAME=${name}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog);
  }

  /** A service goes on without its manager: what cannot be told is logged. */
  #tell(text: string, descriptors: readonly number[] = []): void {
    if (this.#address === undefined) return;
    try {
      sendDatagram(this.#address, text, descriptors);
    } catch (error) {
      this.log(`systemd cannot be told ${text.split("\n", 1)[0]}: ${messageOf(error)}`);
    }
  }
}
