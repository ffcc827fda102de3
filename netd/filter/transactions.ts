import { bridgeTable } from "./bridge-table.ts";
import type { AttachmentRules, Element, TableFamily } from "./elements.ts";
import { arpTable, hostTable } from "./host-table.ts";

/** Families in which netd has a table, all of the same name. */
export const tableFamilies: readonly TableFamily[] = ["bridge", "inet", "arp"];
export const tableName = "cntnr_netd";

/** Interfaces whose packets the host's table looks at: bridges and routed ends. */
const attachedElement = (name: string): Element => ({ family: "inet", set: "attached", text: `"${name}"` });

/** What the tables hold besides the attachments' own. */
export interface Surroundings {
  /** Names of the interfaces from which attachments' packets come to the host. */
  readonly attached: readonly string[];
  /** Links with a higher index are mute: one of them is an attachment in the making. */
  readonly newestKnownLink: number | undefined;
}

/**
 * All tables, replacing what is there in one transaction: there is no moment without them (D10).
 * Grows with the number of attachments; every other transaction does not.
 */
export function resetTransaction(
  rules: readonly AttachmentRules[],
  { attached, newestKnownLink }: Surroundings,
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
    ...groupedElements([...rules.flatMap(({ elements }) => elements), ...attached.map(attachedElement)]),
    ...muteCommands(newestKnownLink),
  ]);
}

/** What one attachment begins or ends with, in the tables. */
export interface Change {
  readonly rules: AttachmentRules;
  /** Shared rules that are in the tables already. */
  readonly present: ReadonlySet<string>;
  readonly newestKnownLink: number | undefined;
}

export function addTransaction({ rules, present, newestKnownLink }: Change): string {
  const missing = rules.shared.filter(({ name }) => !present.has(name));
  return lines([
    ...missing.flatMap(({ commands }) => commands),
    ...rules.elements.map((element) => elementCommand("add", element)),
    ...muteCommands(newestKnownLink),
  ]);
}

/** @param detached an interface that no attachment is behind any more */
export function removeTransaction(rules: AttachmentRules, detached: string | undefined): string {
  return lines([
    ...rules.elements.map((element) => elementCommand("delete", element)),
    // Added first, so that deleting one that no packet has made is no error.
    ...rules.traces.flatMap((trace) => [elementCommand("add", trace), elementCommand("delete", trace)]),
    ...(detached === undefined ? [] : [elementCommand("delete", attachedElement(detached))]),
  ]);
}

/** Before an attachment is made: everything that a new link says is dropped, until it is known whose it is. */
export function openTransaction(attached: string | undefined, newestKnownLink: number): string {
  return lines([
    ...(attached === undefined ? [] : [elementCommand("add", attachedElement(attached))]),
    ...muteCommands(newestKnownLink),
  ]);
}

export function closeTransaction(
  detached: string | undefined,
  newestKnownLink: number | undefined,
): string {
  return lines([
    ...(detached === undefined ? [] : [elementCommand("delete", attachedElement(detached))]),
    ...muteCommands(newestKnownLink),
  ]);
}

function muteCommands(newestKnownLink: number | undefined): string[] {
  return (["inet", "arp"] as const).flatMap((family) => [
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
