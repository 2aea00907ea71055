// A moment as somebody types it on a page: in this browser's zone, as the pages show times. What
// Date.parse takes besides is not asked for: "5" would be a day in May, a date alone would be UTC.

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since 1970; null: it is no time. @param text  `2026-01-31`, `2026-01-31 10:00` */
export function momentMs(text: string): number | null {
  const [, day = "", time = "00:00", zone = ""] = MOMENT.exec(text) ?? [];
  if (!isDay(day)) return null;
  const atMs = Date.parse(`${day}T${time}${zone}`);
  return atMs >= 0 ? atMs : null;
}

/** The 31st of February would be taken for the 3rd of March. */
function isDay(day: string): boolean {
  const atMs = Date.parse(day);
  return atMs >= 0 && new Date(atMs).toISOString().startsWith(day);
}
