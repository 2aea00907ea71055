// What bash and zsh have in common: from one word on the line to the command that it leads to.

import type { Place } from "./tree.ts";

/** Shell code that moves `$place` on by `$word`; what is no command of ours leaves it as it is. */
export const stepInto = (places: readonly Place[]): string =>
  `    case "$place|$word" in
${places.flatMap(stepsFrom).join("\n")}
    esac`;

const stepsFrom = ({ path, commands }: Place): string[] =>
  commands.map(({ word }) => {
    const next = path === "" ? word : `${path} ${word}`;
    return `      '${path}|${word}') place='${next}' ;;`;
  });
