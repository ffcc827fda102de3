import { CntnrError } from "../errors/cntnr-error.ts";
import type { IdMapping, IdMappings } from "./id-mappings.ts";

/** Which ids the user has in a container where he is not its root. */
export interface KeptIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Pure: the user's mappings with his own ids in another place than 0, as podman's keep-id has them. The sub-ids fill the places around it
 * in their order, 0 included, so that the container's root is one of them. Throws CntnrError `unsupported` where there is no other id for it.
 */
export function keepIds(mappings: IdMappings, { uid, gid }: KeptIds): IdMappings {
  if (uid === 0 && gid === 0) return mappings;
  const isOwn = [mappings.uids, mappings.gids].every(([own]) => own?.containerId === 0 && own.size === 1);
  if (!mappings.subordinate || !isOwn)
    throw new CntnrError(
      "unsupported",
      mappings.subordinate
        ? "--userns keep-id is for users: the ids of root's containers are the host's"
        : "--userns keep-id takes sub-ids (/etc/subuid, /etc/subgid), which you do not have: runc makes no container without a root, and that is you",
    );
  return { uids: moveOwn(mappings.uids, uid), gids: moveOwn(mappings.gids, gid), subordinate: true };
}

/** `own` from 0 to `place`; a range that it comes to lie in is cut in two. */
function moveOwn([own, ...others]: readonly IdMapping[], place: number): IdMapping[] {
  if (!own) return [];
  const moved: IdMapping[] = [];
  let next = 0;
  for (const { hostId, size } of others) {
    const before = place >= next && place < next + size ? place - next : size;
    if (before > 0) moved.push({ containerId: next, hostId, size: before });
    next += before;
    if (before === size) continue;
    moved.push({ ...own, containerId: place });
    moved.push({ containerId: place + 1, hostId: hostId + before, size: size - before });
    next = place + 1 + size - before;
  }
  return place >= next ? [...moved, { ...own, containerId: place }] : moved;
}
