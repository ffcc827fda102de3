import { setTimeout as delay } from "node:timers/promises";
import { CntnrError } from "../errors/cntnr-error.ts";
import { choosePorts, portName } from "./choose-ports.ts";
import type { NetdClient } from "./netd-client.ts";
import type { NetworkRequest, PortMapping, RequestedPort } from "./network-request.ts";
import { fromWire } from "./wire-ports.ts";

type Netd = Pick<NetdClient, "attach" | "list" | "networks">;

/** Each makes an interface and takes it away again: more would be longer than a start may take. */
const mostAttempts = 32;

/** How long what was begun of an attachment may take to be gone; the hook's own limit is 60 s. */
const undoneWithinMs = 20_000;
const pauseMs = 20;

/**
 * Asks netd for an attachment with a port of the host for each that is to be free, and with others as long as somebody has one of
 * those: only netd knows what others have, and it says so when it takes them. Throws CntnrError, and what `ask` throws.
 */
export async function withFreePorts<Answer>(
  netd: Netd,
  { name, ports }: Pick<NetworkRequest, "name" | "ports">,
  ask: (ports: readonly PortMapping[]) => Promise<Answer>,
): Promise<Answer> {
  if (!ports.some(isFree)) return ask(choosePorts(ports, { grants: [], held: new Set(), taken: new Set() }));
  const known = await readKnowledge(netd, name);
  const taken = new Set<string>();
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const chosen = choosePorts(ports, { ...known, taken });
    try {
      return await ask(chosen);
    } catch (error) {
      const port = takenPort(error);
      const isOurChoice = chosen.some(
        (mapping, index) => portName(mapping) === port && ports[index]?.hostPort === "free",
      );
      if (port === undefined || !isOurChoice) throw error;
      taken.add(port);
      await undone(netd, name, chosen);
    }
  }
  throw new CntnrError(
    "conflict",
    `no free port of the host was found: somebody has ${[...taken].join(", ")}; try again, or name one (-p PORT:PORT)`,
  );
}

function isFree({ hostPort }: RequestedPort): boolean {
  return hostPort === "free";
}

async function readKnowledge(netd: Netd, name: string) {
  const [{ networks }, { attachments }] = await Promise.all([netd.networks(), netd.list()]);
  const network = networks.find((candidate) => candidate.name === name);
  // A network that is not the user's is refused by netd itself, which notes it for the administrator.
  if (!network) await netd.attach({ network: name, checkOnly: true });
  const grants = (network?.grants ?? []).filter(({ key }) => key === "ports").map(({ value }) => value);
  const held = attachments.flatMap((attachment) => fromWire(attachment.ports).map(portName));
  return { grants, held: new Set(held) };
}

/** netd says why it does not attach before its plugins have undone it all; until then the interface is not to be had again. */
async function undone(netd: Netd, name: string, ports: readonly PortMapping[]): Promise<void> {
  const asked = portList(ports);
  const giveUpAt = performance.now() + undoneWithinMs;
  while (performance.now() < giveUpAt) {
    const { attachments } = await netd.list();
    const isThere = attachments.some(
      (other) =>
        other.network === name &&
        other.state !== "ATTACHMENT_STATE_ATTACHED" &&
        portList(fromWire(other.ports)) === asked,
    );
    if (!isThere) return;
    await delay(pauseMs);
  }
}

/** Without addresses: one that is asked for on all of them is published on those that rules give. */
function portList(ports: readonly Pick<PortMapping, "hostPort" | "protocol">[]): string {
  return [...new Set(ports.map(portName))].toSorted().join(" ");
}

/** The port that netd says somebody has, as `8080/tcp`; undefined for any other error. */
function takenPort(error: unknown): string | undefined {
  if (!(error instanceof CntnrError) || error.code !== "conflict") return undefined;
  return /^port (\d+\/\w+)(?: of \S+)? is in use on the host/.exec(error.message)?.[1];
}
