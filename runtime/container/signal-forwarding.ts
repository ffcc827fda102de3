/** Signals that are the container's: they are passed on, and end cntnr only by ending the container. */
const passedOn: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
];

/** Passes signals that we get on from the moment it is made; what comes before there is somebody to get them is kept. */
export class SignalForwarding implements Disposable {
  #send: ((signal: NodeJS.Signals) => void) | undefined;
  readonly #early: NodeJS.Signals[] = [];
  readonly #listener = (signal: NodeJS.Signals) => {
    if (this.#send) this.#send(signal);
    else this.#early.push(signal);
  };

  constructor() {
    for (const signal of passedOn) process.on(signal, this.#listener);
  }

  to(send: (signal: NodeJS.Signals) => void): void {
    this.#send = send;
    for (const signal of this.#early.splice(0)) send(signal);
  }

  [Symbol.dispose](): void {
    for (const signal of passedOn) process.removeListener(signal, this.#listener);
  }
}
