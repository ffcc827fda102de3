/** A mount of RUN (reference, "RUN --mount"). */
export type Mount =
  | {
      readonly type: "bind";
      readonly target: string;
      readonly from?: string;
      readonly source: string;
      readonly writable: boolean;
    }
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id: string;
      readonly sharing: "shared" | "private" | "locked";
      readonly from?: string;
      readonly source: string;
      readonly writable: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      /** Undefined: not as a file. */
      readonly target?: string;
      /** Name of the variable that has it. */
      readonly variable?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: "ssh";
      readonly id: string;
      /** Undefined: where the number of such mounts says. */
      readonly target?: string;
      readonly required: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

const owned = ["mode", "uid", "gid"];
const keysOf: Readonly<Record<Mount["type"], readonly string[]>> = {
  bind: ["target", "source", "from", "readonly", "readwrite"],
  cache: ["target", "id", "sharing", "source", "from", "readonly", "readwrite", ...owned],
  tmpfs: ["target", "size"],
  secret: ["target", "id", "env", "required", ...owned],
  ssh: ["target", "id", "required", ...owned],
};

const spellings: Readonly<Record<string, string>> = {
  dst: "target",
  destination: "target",
  src: "source",
  ro: "readonly",
  rw: "readwrite",
};

class Problem extends Error {}

/** Parses `type=...,target=...`, variables substituted. What is wrong with it comes back as text. */
export function parseMount(text: string): Mount | { readonly problem: string } {
  try {
    return mountOf(fieldsOf(text));
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

type Fields = ReadonlyMap<string, string>;

function fieldsOf(text: string): Fields {
  const fields = new Map<string, string>();
  for (const field of splitCommas(text)) {
    const equals = field.indexOf("=");
    const written = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const key = Object.hasOwn(spellings, written) ? (spellings[written] ?? written) : written;
    if (equals < 0 && !["readonly", "readwrite", "required"].includes(key))
      throw new Problem(`"${field}" has no value`);
    fields.set(key, equals < 0 ? "true" : field.slice(equals + 1));
  }
  return fields;
}

/** Comma-separated values as RFC 4180 has them: a field in double quotes may have commas in it. */
function splitCommas(text: string): string[] {
  const fields = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"(?=,|$)|([^,]*))/g)];
  return fields.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

function mountOf(fields: Fields): Mount {
  const type = typeOf(fields.get("type") ?? "bind");
  const known = keysOf[type];
  for (const key of fields.keys())
    if (key !== "type" && !known.includes(key)) throw new Problem(`a mount of type ${type} has no ${key}`);
  switch (type) {
    case "bind":
      return {
        type,
        target: targetOf(fields),
        ...fromOf(fields),
        source: fields.get("source") ?? "/",
        writable: isWritable(fields, "read-only"),
      };
    case "cache": {
      const target = targetOf(fields);
      return {
        type,
        target,
        id: fields.get("id") ?? target,
        sharing: sharingOf(fields.get("sharing") ?? "shared"),
        ...fromOf(fields),
        source: fields.get("source") ?? "/",
        writable: isWritable(fields, "writable"),
        ...ownerOf(fields, 0o755),
      };
    }
    case "tmpfs": {
      const size = fields.get("size");
      return { type, target: targetOf(fields), ...(size === undefined ? {} : { sizeBytes: bytesOf(size) }) };
    }
    case "secret":
      return secretOf(fields);
    case "ssh": {
      const target = fields.get("target");
      return {
        type,
        id: fields.get("id") ?? "default",
        ...(target ? { target } : {}),
        required: booleanOf(fields, "required"),
        ...ownerOf(fields, 0o600),
      };
    }
  }
}

function secretOf(fields: Fields): Mount {
  const variable = fields.get("env");
  const written = fields.get("target");
  const id = fields.get("id") ?? written?.split("/").findLast((part) => part !== "");
  if (!id) throw new Problem("a secret needs an id or a target");
  const target = written ?? (variable === undefined ? `/run/secrets/${id}` : undefined);
  return {
    type: "secret",
    id,
    ...(target === undefined ? {} : { target }),
    ...(variable === undefined ? {} : { variable }),
    required: booleanOf(fields, "required"),
    ...ownerOf(fields, 0o400),
  };
}

function typeOf(text: string): Mount["type"] {
  const type = (["bind", "cache", "tmpfs", "secret", "ssh"] as const).find((known) => known === text);
  if (type) return type;
  throw new Problem(`"${text}" is not a type of mount (bind, cache, tmpfs, secret, ssh)`);
}

function sharingOf(text: string): "shared" | "private" | "locked" {
  if (text === "shared" || text === "private" || text === "locked") return text;
  throw new Problem(`sharing is shared, private or locked, not "${text}"`);
}

function targetOf(fields: Fields): string {
  const target = fields.get("target");
  if (!target) throw new Problem("target is missing");
  return target;
}

function fromOf(fields: Fields): { readonly from?: string } {
  const from = fields.get("from");
  return from === undefined ? {} : { from };
}

function isWritable(fields: Fields, unset: "read-only" | "writable"): boolean {
  if (fields.has("readonly") && fields.has("readwrite")) throw new Problem("both read-only and writable");
  if (fields.has("readonly")) return !booleanOf(fields, "readonly");
  return fields.has("readwrite") ? booleanOf(fields, "readwrite") : unset === "writable";
}

function booleanOf(fields: Fields, key: string): boolean {
  const text = fields.get(key) ?? "false";
  if (/^(?:1|t|true)$/i.test(text)) return true;
  if (/^(?:0|f|false)$/i.test(text)) return false;
  throw new Problem(`${key} is true or false, not "${text}"`);
}

function ownerOf(fields: Fields, defaultMode: number): { mode: number; uid: number; gid: number } {
  const mode = fields.get("mode");
  if (mode !== undefined && !/^[0-7]{1,4}$/.test(mode)) throw new Problem(`"${mode}" is not an octal mode`);
  return {
    mode: mode === undefined ? defaultMode : Number.parseInt(mode, 8),
    uid: idOf(fields, "uid"),
    gid: idOf(fields, "gid"),
  };
}

function idOf(fields: Fields, key: string): number {
  const text = fields.get(key) ?? "0";
  if (!/^\d{1,10}$/.test(text)) throw new Problem(`${key}=${text} is not a number`);
  return Number(text);
}

function bytesOf(text: string): number {
  const [, number, unit = ""] = /^(\d{1,15})([kmgt]?)i?b?$/i.exec(text) ?? [];
  if (number === undefined) throw new Problem(`size=${text}: a number of bytes, or with k, m, g`);
  return Number(number) * 1024 ** " kmgt".indexOf(unit.toLowerCase() || " ");
}
