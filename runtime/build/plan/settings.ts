import * as v from "valibot";
import type { ConfigDocument } from "../../image/oci-documents.ts";

const strings = v.nullish(v.array(v.string()));

/** What docker has in configurations beyond the specification, as far as builds use it. */
const extensionSchema = v.looseObject({ Shell: strings, OnBuild: strings });

/** The settings of an image, as `config` of its configuration has them; what a build does not know stays as it is. */
export type Settings = NonNullable<ConfigDocument["config"]>;

/** The shell of RUN, CMD and ENTRYPOINT in shell form, where SHELL says nothing else. */
const defaultShell = ["/bin/sh", "-c"];

export function shellOf(settings: Settings): readonly string[] {
  const { Shell } = v.parse(extensionSchema, settings);
  return Shell && Shell.length > 0 ? Shell : defaultShell;
}

/** Triggers for images that are based on this one. */
export function triggersOf(settings: Settings): readonly string[] {
  return v.parse(extensionSchema, settings).OnBuild ?? [];
}

/** A setting with a value, or without it when there is none. */
export function withSetting(settings: Settings, name: string, value: unknown): Settings {
  const { [name]: _, ...rest } = settings;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** Sets variables in a list of NAME=VALUE: in the place of those of the same name, or at the end. */
export function withVariables(
  list: readonly string[],
  variables: readonly { readonly key: string; readonly value: string }[],
): string[] {
  const result = [...list];
  for (const { key, value } of variables) {
    const index = result.findIndex((text) => nameOf(text) === key);
    if (index < 0) result.push(`${key}=${value}`);
    else result[index] = `${key}=${value}`;
  }
  return result;
}

/** The value of a variable in a list of NAME=VALUE; undefined when it is not in it. */
export function variableOf(list: readonly string[], name: string): string | undefined {
  return list.find((text) => nameOf(text) === name)?.slice(name.length + 1);
}

function nameOf(text: string): string {
  const equals = text.indexOf("=");
  return equals < 0 ? text : text.slice(0, equals);
}
