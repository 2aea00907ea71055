// Prepares a bundle before it runs.

/**
 * The script between guards. Strict, as modules are, whoever made the bundle: functions of sloppy
 * code tell who called them, and with what. What its top level throws is described inside, as text,
 * because the library's own copying of an error would run the script's getters beyond any time
 * limit.
 */
export const guarded = (code: string): string =>
  `"use strict";try{globalThis.__sluiceRun(${code})}catch(e){globalThis.__sluiceLoadFailed(e)}`;
