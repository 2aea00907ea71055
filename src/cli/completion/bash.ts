// Completion for bash: walks the words before the cursor to the command that they name, then offers
// what may follow. Files where nothing of ours fits.

import { stepInto } from "./step.ts";
import type { Place, Word } from "./tree.ts";

export const bashScript = (places: readonly Place[]): string => `# sluice completion for bash
_sluice() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} place= i=1 word
  COMPREPLY=()
  for ((; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
${stepInto(places)}
  done
  case "$place|$previous" in
${places.flatMap(valuesOf).join("\n")}
  esac
  case "$place" in
${places.map(wordsAt).join("\n")}
  esac
}
complete -o default -F _sluice sluice
`;

/** After an option that takes a value: its choices, or files. */
const valuesOf = ({ path, choices, valued }: Place): string[] =>
  valued.map((option) => {
    const words = choices.get(option) ?? [];
    const offer = words.length === 0 ? "" : `COMPREPLY=($(${compgen(words)})); `;
    return `    '${path}|${option}') ${offer}return ;;`;
  });

/** Options only where one has begun, so that files complete as usual elsewhere. */
function wordsAt({ path, commands, options }: Place): string {
  const ofCommands = commands.map(({ word }: Word) => word);
  const ofOptions = options.map(({ word }: Word) => word);
  return `    '${path}')
      if [[ $current == -* ]]; then COMPREPLY=($(${compgen(ofOptions)}))
      else COMPREPLY=($(${compgen(ofCommands)})); fi ;;`;
}

const compgen = (words: readonly string[]): string =>
  `compgen -W '${words.join(" ")}' -- "$current"`;
