import {
  addElement,
  deleteElement,
  dropNewerLinks,
  type Element,
  flushChain,
  type LinkSide,
  type TableChange,
  type TableFamily,
} from "../netlink/nftables.ts";
import { bridgeTable } from "./bridge-table.ts";
import { textOfElement } from "./element-text.ts";
import type { AttachmentRules } from "./elements.ts";
import { arpTable, hostTable } from "./host-table.ts";

/** Families in which netd has a table, all of the same name. */
export const tableFamilies: readonly TableFamily[] = ["bridge", "inet", "arp"];
export const tableName = "cntnr_netd";

/** Says that attachments' packets come from an interface. */
export const attachedElement = (interfaceName: string): Element => ({
  family: "inet",
  set: "attached",
  key: [{ interfaceName }],
});

/** What the tables hold besides the attachments' own elements. */
export interface Surroundings {
  /** Links with a higher index are mute: one of them is an attachment in the making. Undefined: nothing is. */
  readonly newestKnownLink: number | undefined;
}

/**
 * All tables as text for nft(8), replacing what is there in one transaction: there is no moment without them (D10).
 * Grows with the number of attachments; nothing else does.
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
    ...muteTexts({ newestKnownLink }),
  ]);
}

/** What one attachment begins or ends with. */
export interface Change extends Surroundings {
  readonly rules: AttachmentRules;
  /** The interface of which it is the first, or the last; undefined when there are others. */
  readonly onlyOneOn: string | undefined;
}

/** Shared rules of an attachment that are not in the tables yet, as text for nft(8); empty when all are. */
export function sharedTransaction({ shared }: AttachmentRules, present: ReadonlySet<string>): string {
  const missing = shared.filter(({ name }) => !present.has(name));
  return missing.length === 0 ? "" : lines(missing.flatMap(({ commands }) => commands));
}

export function addChanges({ rules, onlyOneOn, newestKnownLink }: Change): TableChange[] {
  return [
    ...rules.elements.map((element) => addElement(tableName, element)),
    ...(onlyOneOn === undefined ? [] : [addElement(tableName, attachedElement(onlyOneOn))]),
    ...muteChanges({ newestKnownLink }),
  ];
}

export function removeChanges({ rules, onlyOneOn, newestKnownLink }: Change): TableChange[] {
  return [
    ...rules.elements.map((element) => deleteElement(tableName, element)),
    // Added first, so that deleting one that no packet has made is no error.
    ...rules.traces.flatMap((trace) => [addElement(tableName, trace), deleteElement(tableName, trace)]),
    ...(onlyOneOn === undefined ? [] : [deleteElement(tableName, attachedElement(onlyOneOn))]),
    ...muteChanges({ newestKnownLink }),
  ];
}

const newborn = "newborn";
/** Of a new link the host hears nothing, and it hears nothing of other ports. */
const muteSides = { inet: "iif", arp: "iif", bridge: "oif" } as const satisfies Record<TableFamily, LinkSide>;

export function muteChanges({ newestKnownLink }: Surroundings): TableChange[] {
  return tableFamilies.flatMap((family) => {
    const place = { family, table: tableName, chain: newborn };
    return [
      flushChain(family, tableName, newborn),
      ...(newestKnownLink === undefined ? [] : [dropNewerLinks(place, muteSides[family], newestKnownLink)]),
    ];
  });
}

function muteTexts({ newestKnownLink }: Surroundings): string[] {
  if (newestKnownLink === undefined) return [];
  return tableFamilies.map(
    (family) => `add rule ${family} ${tableName} ${newborn} ${muteSides[family]} > ${newestKnownLink} drop`,
  );
}

/** One command a set. */
function groupedElements(elements: readonly Element[]): string[] {
  const texts = new Map<string, string[]>();
  for (const element of elements) {
    const text = textOfElement(element);
    const place = `${element.family} ${tableName} ${element.set}`;
    const known = texts.get(place);
    if (known) known.push(text);
    else texts.set(place, [text]);
  }
  return [...texts].map(([place, all]) => `add element ${place} { ${all.join(", ")} }`);
}

function lines(commands: readonly string[]): string {
  return `${commands.join("\n")}\n`;
}
