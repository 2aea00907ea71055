// Completion for fish: one line for each word, with the condition under which it is offered.

import type { Place, Word } from "./tree.ts";

export const fishScript = (places: readonly Place[]): string => `# sluice completion for fish
function __sluice_at
  set -l place
  for word in (commandline -opc)[2..]
    if contains -- (string trim -- "$place $word") ${placeList(places)}
      set place (string trim -- "$place $word")
    end
  end
  test "$place" = "$argv[1]"
end
${places.flatMap(linesOf).join("\n")}
`;

const placeList = (places: readonly Place[]): string =>
  places.map(({ path }) => quoted(path)).join(" ");

function linesOf(place: Place): string[] {
  const condition = `complete -c sluice -n ${quoted(`__sluice_at ${quoted(place.path)}`)}`;
  const noFiles = place.commands.length > 0 ? " -f" : "";
  return [
    ...place.commands.map(
      (word) => `${condition}${noFiles} -a ${quoted(word.word)} ${about(word)}`,
    ),
    ...place.options.map(
      (word) => `${condition} ${flag(word.word)}${argumentOf(place, word)} ${about(word)}`,
    ),
  ];
}

const flag = (word: string): string =>
  word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`;

function argumentOf({ choices, valued }: Place, { word }: Word): string {
  if (!valued.includes(word)) return "";
  const words = choices.get(word) ?? [];
  return words.length === 0 ? " -r" : ` -x -a ${quoted(words.join(" "))}`;
}

const about = ({ description }: Word): string => `-d ${quoted(description)}`;

const quoted = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
