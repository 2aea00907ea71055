// Names of fields that CGI, and what is made like it, cannot tell apart: X-User and X_User are both
// HTTP_X_USER there. Where a name of a request is the proxy's, the configuration's or the script's,
// its other spellings must not pass: they would be the client's word under that name. Both sides of
// the wall use this file, so it is pure.

/** The one spelling that stands for all of them. */
export function foldedName(lowerCaseName: string): string {
  return lowerCaseName.includes("_") ? lowerCaseName.replaceAll("_", "-") : lowerCaseName;
}

/** The block without the lines whose name is another spelling of this one. */
export function withoutLookalikes(block: string, lowerCaseName: string): string {
  const folded = foldedName(lowerCaseName);
  if (!folded.includes("-")) return block;
  let kept = "";
  let from = 0;
  for (let at = 0; at < block.length; ) {
    const end = block.indexOf("\n", at) + 1;
    if (end === 0) break;
    if (isLookalikeAt(block, at, folded) && !isSame(block, at, lowerCaseName)) {
      kept += block.slice(from, at);
      from = end;
    }
    at = end;
  }
  return from === 0 ? block : kept + block.slice(from);
}

/** A colon where one must be comes first: most lines cost no more than that. */
function isLookalikeAt(block: string, at: number, folded: string): boolean {
  if (block.charCodeAt(at + folded.length) !== COLON) return false;
  for (let i = 0; i < folded.length; i++) {
    const code = block.charCodeAt(at + i);
    const lower = code >= 65 && code <= 90 ? code | CASE_BIT : code === UNDERSCORE ? DASH : code;
    if (lower !== folded.charCodeAt(i)) return false;
  }
  return true;
}

const isSame = (block: string, at: number, lowerCaseName: string): boolean =>
  block.slice(at, at + lowerCaseName.length).toLowerCase() === lowerCaseName;

const DASH = 45;
const COLON = 58;
const UNDERSCORE = 95;
const CASE_BIT = 32;
