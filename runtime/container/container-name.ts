import { CntnrError } from "../errors/cntnr-error.ts";
import { randomBelow } from "../sys/random.ts";

const adjectives =
  "able amber apt ardent balmy bold brave breezy brisk calm candid cheery civil clever cosy crisp daring deft eager early easy epic fair fleet fond frank fresh gentle glad golden grand happy hardy honest humble jolly keen kind lively loyal lucid lucky mellow merry mild misty modest neat nimble noble placid polite proud quick quiet rapid ready robust rosy rustic silent silver sleek smart snug solid spry stately steady sunny swift tidy tranquil trusty upbeat vivid warm wise witty zesty".split(
    " ",
  );
const nouns =
  "acorn alder anchor apple aspen badger barley beacon beaver birch bison brook canyon cedar clover comet coral crane creek cypress delta dolphin dune elm ember falcon fern finch fjord forest fox garden geyser glacier grove harbor hare hawk hazel heron hill island ivy jay juniper kestrel lagoon lake lark laurel lichen lily linden lynx maple marsh meadow mesa moss nettle oak orchard otter owl pebble pelican pine plover poplar prairie puffin quail raven reef ridge river robin rowan sage salmon shore sparrow spruce starling stream swan thistle thrush tulip valley walnut willow wren".split(
    " ",
  );

/** brisk_heron. A second and third try get a number, so that there are always enough names. */
export function randomName(attempt: number): string {
  const pick = (words: readonly string[]) => words[randomBelow(words.length)] ?? "container";
  return `${pick(adjectives)}_${pick(nouns)}${attempt === 0 ? "" : randomBelow(10 ** attempt)}`;
}

/** Docker's rule for names. Throws CntnrError `usage`. */
export function checkName(name: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name))
    throw new CntnrError(
      "usage",
      `--name "${name}": a name has letters, digits, _ . and -, begins with a letter or digit, and has at most 128 characters`,
    );
  return name;
}
