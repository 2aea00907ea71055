// Completion for zsh: the same walk as for bash, with descriptions beside the words.

import { stepInto } from "./step.ts";
import type { Place, Word } from "./tree.ts";

export const zshScript = (places: readonly Place[]): string => `#compdef sluice
_sluice() {
  local place= word i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
${stepInto(places)}
  done
  case "$place|\${words[CURRENT-1]}" in
${places.flatMap(valuesOf).join("\n")}
  esac
  case "$place" in
${places.map(wordsAt).join("\n")}
  esac
  if (( \${#offered} )); then _describe sluice offered; else _files; fi
}
if [[ \${funcstack[1]} == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi
`;

const valuesOf = ({ path, choices, valued }: Place): string[] =>
  valued.map((option) => {
    const words = choices.get(option) ?? [];
    const offer = words.length === 0 ? "_files" : `compadd -- ${words.join(" ")}`;
    return `    '${path}|${option}') ${offer}; return ;;`;
  });

const wordsAt = ({ path, commands, options }: Place): string => `    '${path}')
      if [[ \${words[CURRENT]} == -* ]]; then offered=(${options.map(entry).join(" ")})
      else offered=(${commands.map(entry).join(" ")}); fi ;;`;

/** \`'word:what it does'\`, with the colon of the word and the quote of the shell escaped. */
const entry = ({ word, description }: Word): string =>
  `'${word}:${description.replaceAll("'", "'\\''").replaceAll(":", "\\:")}'`;
