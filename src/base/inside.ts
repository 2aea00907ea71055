// Whether one path is below another, by their names alone.

import { isAbsolute, relative, sep } from "node:path";

/** Both absolute and canonical. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
