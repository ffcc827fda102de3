import type { GivenAddresses } from "../contract/attachment.ts";
import type { AttachmentRecord } from "../journal/record.ts";

/** What the plugins made, as far as netd and the user's programs need it. */
export interface PluginResult extends GivenAddresses {
  /** The last plugin's result, whole: the prevResult of DEL. */
  readonly json: string;
}

/** Runs a record's conflist. Both throw when a plugin fails; `delete` only after having tried all of them. */
export interface NetworkPlugins {
  add(record: AttachmentRecord, netnsPath: string): Promise<PluginResult>;
  /** `netnsPath` is empty when the namespace is gone. */
  delete(record: AttachmentRecord, netnsPath: string): Promise<void>;
  /** What is left of a record on the machine after its DEL, as far as its stored result tells where to look. */
  residueOf(record: AttachmentRecord): string[];
  /** Reads a stored result. Throws for one that is none. */
  parseResult(json: string): PluginResult;
}
