// How long a URL of a script may be: the parser takes 5 ms for one, and nobody can end it.

export const URL_CHARS_MAX = 262_144;
