import { bridgeTable } from "./bridge-table.ts";
import type { AttachmentRules, Element, TableFamily } from "./elements.ts";
import { arpTable, hostTable } from "./host-table.ts";

/** Families in which netd has a table, all of the same name. */
export const tableFamilies: readonly TableFamily[] = ["bridge", "inet", "arp"];
export const tableName = "cntnr_netd";

const attachedElement = (name: string): Element => ({ family: "inet", set: "attached", text: `"${name}"` });

/** What the tables hold besides the attachments' own elements. */
export interface Surroundings {
  /** Links with a higher index are mute: one of them is an attachment in the making. Undefined: nothing is. */
  readonly newestKnownLink: number | undefined;
}

/**
 * All tables, replacing what is there in one transaction: there is no moment without them (D10).
 * Grows with the number of attachments; no other transaction does.
 * @param attached interfaces from which attachments' packets come to the host
 */
export function resetTransaction(
  rules: readonly AttachmentRules[],
  attached: ReadonlySet<string>,
  { newestKnownLink }: Surroundings,
): string {
  const shared = new Map(rules.flatMap((one) => one.shared.map(({ name, commands }) => [name, commands])));
  return lines([
    ...tableFamilies.flatMap((family) => [
      `table ${family} ${tableName}`,
      `delete table ${family} ${tableName}`,
    ]),
    bridgeTable,
    hostTable,
    arpTable,
    ...[...shared.values()].flat(),
    ...groupedElements([...rules.flatMap(({ elements }) => elements), ...[...attached].map(attachedElement)]),
    ...muteCommands({ newestKnownLink }),
  ]);
}

/** What one attachment begins or ends with. */
export interface Change extends Surroundings {
  readonly rules: AttachmentRules;
  /** The interface of which it is the first, or the last; undefined when there are others. */
  readonly onlyOneOn: string | undefined;
}

/** @param present names of shared rules that are in the tables already */
export function addTransaction(
  { rules, onlyOneOn, newestKnownLink }: Change,
  present: ReadonlySet<string>,
): string {
  return lines([
    ...rules.shared.filter(({ name }) => !present.has(name)).flatMap(({ commands }) => commands),
    ...rules.elements.map((element) => elementCommand("add", element)),
    ...(onlyOneOn === undefined ? [] : [elementCommand("add", attachedElement(onlyOneOn))]),
    ...muteCommands({ newestKnownLink }),
  ]);
}

export function removeTransaction({ rules, onlyOneOn, newestKnownLink }: Change): string {
  return lines([
    ...rules.elements.map((element) => elementCommand("delete", element)),
    // Added first, so that deleting one that no packet has made is no error.
    ...rules.traces.flatMap((trace) => [elementCommand("add", trace), elementCommand("delete", trace)]),
    ...(onlyOneOn === undefined ? [] : [elementCommand("delete", attachedElement(onlyOneOn))]),
    ...muteCommands({ newestKnownLink }),
  ]);
}

export function muteTransaction(surroundings: Surroundings): string {
  return lines(muteCommands(surroundings));
}

function muteCommands({ newestKnownLink }: Surroundings): string[] {
  return ["inet", "arp"].flatMap((family) => [
    `flush chain ${family} ${tableName} newborn`,
    ...(newestKnownLink === undefined
      ? []
      : [`add rule ${family} ${tableName} newborn iif > ${newestKnownLink} drop`]),
  ]);
}

function elementCommand(verb: "add" | "delete", { family, set, text }: Element): string {
  return `${verb} element ${family} ${tableName} ${set} { ${text} }`;
}

/** One command a set. */
function groupedElements(elements: readonly Element[]): string[] {
  const texts = new Map<string, string[]>();
  for (const { family, set, text } of elements) {
    const place = `${family} ${tableName} ${set}`;
    const known = texts.get(place);
    if (known) known.push(text);
    else texts.set(place, [text]);
  }
  return [...texts].map(([place, all]) => `add element ${place} { ${all.join(", ")} }`);
}

function lines(commands: readonly string[]): string {
  return `${commands.join("\n")}\n`;
}
