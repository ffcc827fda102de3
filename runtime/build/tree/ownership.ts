import { CntnrError } from "../../errors/cntnr-error.ts";
import { formatOwner, recordedOwnerAttribute } from "../../layer/recorded-owner.ts";
import { type ByteString, setAttribute, setOwner } from "../../sys/file-calls.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** How files get owners: really, where ids below these are mapped, or with one mapped id as an attribute (recorded-owner.ts). */
export type Ownership =
  | { readonly kind: "set"; readonly mappedUids: number; readonly mappedGids: number }
  | { readonly kind: "recorded" };

/** Gives a file its owner. Throws CntnrError `build` for ids that the user does not have. */
export function setTreeOwner(
  path: ByteString,
  { uid, gid }: Owner,
  kind: "directory" | "file" | "other",
  ownership: Ownership,
): void {
  if (ownership.kind === "recorded") {
    // Links and fifos cannot have attributes of this kind; they are root's in the image.
    if (kind !== "other" && (uid !== 0 || gid !== 0))
      setAttribute(path, recordedOwnerAttribute, formatOwner({ uid, gid }));
    return;
  }
  if (uid >= ownership.mappedUids || gid >= ownership.mappedGids)
    throw new CntnrError(
      "build",
      `owner ${uid}:${gid}: you have ${ownership.mappedUids - 1} sub-uids and ${ownership.mappedGids - 1} sub-gids (/etc/subuid, /etc/subgid), which is too few`,
    );
  setOwner(path, uid, gid);
}
