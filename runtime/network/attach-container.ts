import { createHash } from "node:crypto";
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Attachment__Output } from "../../proto/generated/types/cntnr/netd/v1/Attachment.ts";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { type KeptAttachments, keepAttachments } from "./kept-attachments.ts";
import { connectNetd, type NetdClient } from "./netd-client.ts";
import { noteNetwork } from "./network-events.ts";
import { attachNetwork } from "./networks.ts";
import { type OciState, readBundleConfig, requestedNetworks } from "./oci-state.ts";
import { fromWire } from "./wire-ports.ts";

/** Attaches a container that is created, and not yet started, to the networks that its bundle asks for. Throws CntnrError. */
export async function attachContainer(
  directories: Directories,
  state: OciState,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const networks = requestedNetworks(state);
  if (state.pid <= 0) throw new CntnrError("usage", "the container state names no process");
  using netd = connectNetd(env);
  const netnsFd = openNamespace(state);
  const attached: Attachment__Output[] = [];
  try {
    using lease = openPidfd(state.pid);
    // A container id may be used again; with the namespace's number it names this one life of it.
    const life = createHash("sha256")
      .update(`${state.id}\0${fstatSync(netnsFd).ino}`)
      .digest("hex");
    for (const [index, network] of networks.entries()) {
      const place = { netnsFd, leaseFd: lease.fd, interface: `eth${index}` };
      attached.push(await attachNetwork(netd, network, { ...place, idempotencyKey: `${life}.${index}` }));
    }
    // Written after the attach: if this process dies in between, netd's lease on the container cleans up.
    keepAttachments(directories, state.id, attached.map(keptAttachment));
    for (const { network } of attached) noteNetwork(directories, "connect", network, state.id);
    nameAddresses(state.bundle, attached);
  } catch (error) {
    await detachEach(netd, attached);
    throw error;
  } finally {
    closeSync(netnsFd);
  }
}

/** The one that the container's process is in, which is one that was there before where the bundle says so. */
function openNamespace({ pid, bundle }: OciState): number {
  const { namespaces } = readBundleConfig(bundle).linux;
  const path = namespaces.find(({ type }) => type === "network")?.path;
  try {
    return openSync(path || `/proc/${pid}/ns/net`, "r");
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ESRCH", "EACCES")) throw error;
    throw new CntnrError("conflict", "the container has ended before it was on its network", {
      cause: error,
    });
  }
}

function keptAttachment({ ports, ...attachment }: Attachment__Output): KeptAttachments[number] {
  return { ...attachment, ports: fromWire(ports) };
}

async function detachEach(netd: NetdClient, attachments: readonly { readonly id: string }[]): Promise<void> {
  for (const { id } of attachments) await netd.detach(id);
}

/**
 * Puts the addresses into the container's /etc/hosts and the networks' name servers into its /etc/resolv.conf, where the
 * bundle has files of its own for them. In place: the runtime has bound these very inodes into the container.
 */
function nameAddresses(bundle: string, attachments: readonly Attachment__Output[]): void {
  const config = readBundleConfig(bundle);
  const fileAt = (destination: string) => {
    const mount = config.mounts.find((candidate) => candidate.destination === destination);
    const source = mount?.source && resolve(bundle, mount.source);
    // A file that the user has bound there is his own to change.
    return source && dirname(source) === bundle && existsSync(source) ? source : undefined;
  };
  const hosts = fileAt("/etc/hosts");
  const addresses = attachments.flatMap((attachment) => attachment.addresses);
  if (hosts && config.hostname !== "")
    appendFileSync(
      hosts,
      addresses.map((address) => `${address.split("/")[0]}\t${config.hostname}\n`).join(""),
    );
  const resolvConf = fileAt("/etc/resolv.conf");
  const nameservers = attachments.flatMap((attachment) => attachment.nameservers);
  if (resolvConf && nameservers.length > 0) {
    const search = attachments.flatMap((attachment) => attachment.searchDomains);
    const lines = [
      ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
      ...nameservers.map((server) => `nameserver ${server}`),
    ];
    writeFileSync(resolvConf, `${lines.join("\n")}\n`);
  }
}
