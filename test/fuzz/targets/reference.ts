import { strictEqual } from "node:assert";
import { CntnrError } from "../../../runtime/errors/cntnr-error.ts";
import {
  familiarName,
  localNames,
  parseImageReference,
  splitName,
} from "../../../runtime/image/reference.ts";
import type { Random } from "../../fixtures/random.ts";
import { kindOf, type Target } from "../fuzz.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const examples = [
  "alpine",
  "docker://user/app:3.6",
  "docker://oci:0/app:3.6",
  "127.0.0.1:5000/a/b-c/d__e:T_1.x-2",
  "[::1]:5000/app@",
  `registry.example.org/x:1@${digest}`,
  "oci:/images/My Layout.oci:12",
  "oci-archive:./a.tar",
  "docker-archive:x.tar:name:1",
  "dir:/tmp/x",
  "localhost/app",
  "containers-storage:x",
];
const pieces = [
  "/",
  ":",
  "@",
  ".",
  "-",
  "_",
  "__",
  "[",
  "]",
  "::",
  "//",
  "..",
  "A",
  "0",
  digest,
  "docker.io/",
  "library/",
  "docker://",
  "oci:",
  " ",
  "\n",
  "\u00fc",
  "x".repeat(300),
];

/** References: a name that means itself, with nothing in it that a shell or a registry could take for something else; or a refusal. */
export function referenceTarget(): Target {
  return {
    name: "reference",
    mostBytes: 2048,
    seeds: examples.map((text) => Buffer.from(text)),
    dictionary: pieces.map((text) => Buffer.from(text)),
    mutate: mutateParts,
    run: outcomeOf,
  };
}

/** Changes what stands between separators. */
function mutateParts(input: Buffer, random: Random): Buffer {
  const parts = input.toString("latin1").split(/([/:@])/);
  const at = random.below(parts.length);
  const changed = random.of([
    () => parts.toSpliced(at, 1),
    () => parts.toSpliced(at, 0, random.pick(pieces) ?? ""),
    () => parts.with(at, random.pick(pieces) ?? ""),
    () => parts.with(at, `${parts[at]}${random.pick(pieces)}`),
    () => [...parts, random.of(["/", ":", "@"]), parts[random.below(parts.length)] ?? ""],
  ])();
  return Buffer.from(changed.join(""), "latin1");
}

function outcomeOf(input: Buffer): string {
  const text = input.toString();
  const reference = parse(text);
  if (typeof reference === "string") return reference;
  const { name, registry, source, transport } = reference;
  // Of files, it is the path that is copied from; the name in the store is a name in any case.
  strictEqual(parseImageReference(`docker://${name}`).name, name);
  strictEqual(parseImageReference(name).name, name);
  strictEqual(parseImageReference(familiarName(name)).name, name);
  if (!/^[\x21-\x7e]+$/.test(name) || name.startsWith("-")) throw new Error(`"${name}" is no name`);
  const { repository, tag } = splitName(name);
  if (tag !== "" && `${repository}:${tag}` !== name) throw new Error(`"${name}" does not come apart`);
  if (!localNames(reference).includes(name)) throw new Error(`"${name}" is not among its own names`);
  const isOfRegistry = transport === "plain" || transport === "docker";
  if (isOfRegistry !== (registry !== "")) throw new Error(`"${text}" is of the registry "${registry}"`);
  if (isOfRegistry && source !== `docker://${name}`) throw new Error(`"${name}" is copied from ${source}`);
  const depth = Math.min(repository.split("/").length, 4);
  return `${transport} ${depth} ${tag === "" ? "digest" : "tag"} ${/:\d/.test(registry) ? "port" : ""}`;
}

function parse(text: string) {
  try {
    return parseImageReference(text);
  } catch (error) {
    // What is quoted has quotes in it, too.
    if (error instanceof CntnrError) return kindOf(error.message.replace(/".*"/s, "Q"));
    throw error;
  }
}
