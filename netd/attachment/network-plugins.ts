import type { Subnet } from "../../policy/address/subnets.ts";
import type { GivenAddresses } from "../contract/attachment.ts";
import type { AttachmentRecord } from "../journal/record.ts";

/** What the plugins made, as far as netd and the user's programs need it. */
export interface PluginResult {
  /** The last plugin's result, whole: the prevResult of DEL. */
  readonly json: string;
  readonly given: GivenAddresses;
  /** Names of the interfaces that they say are the host's. */
  readonly hostInterfaces: readonly string[];
}

/** What an attachment's conflist says of its network. */
export interface NetworkShape {
  readonly subnets: readonly Subnet[] | "unknown";
  /** The bridge that attachments become ports of; undefined when there is none. */
  readonly bridge: string | undefined;
  readonly isUnfilteredAccepted: boolean;
}

/** What is to be done before the first plugin is told what to do. Its program starts meanwhile, which takes some milliseconds. */
export type Preparation = () => void | Promise<void>;

/** Runs a record's conflist. All throw when a plugin fails; `delete` only after having tried all of them. */
export interface NetworkPlugins {
  /** What `prepare` throws is thrown when no plugin runs. */
  add(record: AttachmentRecord, netnsPath: string, prepare: Preparation): Promise<PluginResult>;
  /** `netnsPath` is empty when the namespace is gone. `prepare` is done in any case. */
  delete(record: AttachmentRecord, netnsPath: string, prepare: Preparation): Promise<void>;
  /** Asks the plugins whether everything is still as they made it. */
  check(record: AttachmentRecord, netnsPath: string): Promise<void>;
  /** What is left of a record on the machine after its DEL, as far as its stored result tells where to look. */
  residueOf(record: AttachmentRecord): string[];
  shapeOf(record: AttachmentRecord): NetworkShape;
  /** Reads a stored result. Throws for one that is none. */
  parseResult(json: string): PluginResult;
}
