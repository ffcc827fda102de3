/*
 * Whose a file is in the image, where the user cannot give it to them: with one mapped id all files are his own. The
 * attribute and its contents are those of rootlesscontainers.org, which umoci and others use as well:
 *
 *     message Resource { uint32 uid = 1; uint32 gid = 2; }
 *
 * A copy that an overlay makes of the file has it, too. Links, fifos and devices cannot have attributes of this kind.
 */

export const recordedOwnerAttribute = "user.rootlesscontainers";

export interface RecordedOwner {
  readonly uid: number;
  readonly gid: number;
}

const uidTag = 0x08;
const gidTag = 0x10;

/** The attribute's value (protocol buffers; what is 0 is left out). */
export function formatOwner({ uid, gid }: RecordedOwner): Buffer {
  const field = (tag: number, id: number) => (id === 0 ? [] : [tag, ...varint(id)]);
  return Buffer.from([...field(uidTag, uid), ...field(gidTag, gid)]);
}

/** Undefined for what is no such value, or has more in it: whoever wrote that meant something else. */
export function parseOwner(value: Uint8Array): RecordedOwner | undefined {
  const owner = { uid: 0, gid: 0 };
  for (let at = 0; at < value.length; ) {
    const tag = value[at++];
    if (tag !== uidTag && tag !== gidTag) return undefined;
    let id = 0;
    let scale = 1;
    for (let more = true; more; scale *= 128) {
      const byte = value[at++];
      if (byte === undefined || scale > 2 ** 28) return undefined;
      id += (byte & 0x7f) * scale;
      more = byte >= 0x80;
    }
    if (id > 0xffff_fffe) return undefined;
    owner[tag === uidTag ? "uid" : "gid"] = id;
  }
  return owner;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
