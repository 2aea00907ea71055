// The sources of a deployment, for people: as they were sent, or, for a bundle that was made
// elsewhere, as its source map has them.

import type { StoredDeployment } from "../store/store.ts";

/** By path. */
export function sourcesOf({
  files,
  map,
}: Pick<StoredDeployment, "files" | "map">): Readonly<Record<string, string>> {
  if (Object.keys(files).length > 0) return files;
  const { sources = [], sourcesContent = [] }: MapWithSources = JSON.parse(map);
  const found = sources.flatMap((name, i) => {
    const text = sourcesContent[i];
    const isOurs = name.includes("sluice:") || name.startsWith("node_modules/");
    return typeof text === "string" && !isOurs ? [[name, text] as const] : [];
  });
  return Object.fromEntries(found);
}

interface MapWithSources {
  readonly sources?: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}
