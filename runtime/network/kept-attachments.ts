import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { writeWhole } from "../store/write-whole.ts";
import { portsSchema } from "./network-request.ts";

const strings = v.array(v.string());
const schema = v.array(
  v.object({
    id: v.string(),
    network: v.string(),
    interface: v.string(),
    mac: v.string(),
    /** With prefix length. */
    addresses: strings,
    gateways: strings,
    ports: portsSchema,
  }),
);

/** What the hook keeps of a container's networks between its two stages, in the order of the interfaces. */
export type KeptAttachments = v.InferOutput<typeof schema>;

/** The container's attachments; undefined when it has never had any, or has them no more. Throws CntnrError `corrupt`. */
export function readAttachments(directories: Directories, containerId: string): KeptAttachments | undefined {
  const path = pathOf(directories, containerId);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw new CntnrError("corrupt", `${path}: ${messageOf(error)}`, { cause: error });
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new CntnrError("corrupt", `${path}: ${result.issues[0].message}`);
}

export function keepAttachments(
  directories: Directories,
  containerId: string,
  attachments: KeptAttachments,
): void {
  writeWhole(pathOf(directories, containerId), JSON.stringify(attachments));
}

export function forgetAttachments(directories: Directories, containerId: string): void {
  rmSync(pathOf(directories, containerId), { force: true });
}

/** runc's rule for container ids makes them safe file names. */
function pathOf(directories: Directories, containerId: string): string {
  return join(directories.attachments, `${containerId}.json`);
}
