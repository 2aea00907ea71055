// A browser has six connections to an origin for all of its tabs, and a stream holds one for as
// long as it is open: few tabs at a time may have one, so that none of them waits for an answer.

const SLOTS = ["first", "second", "third"] as const;

export type GiveBack = () => void;

/** Null: other tabs have them all. */
export async function takeSlot(name: string): Promise<GiveBack | null> {
  for (const slot of SLOTS) {
    const giveBack = await lock(`${name} ${location.pathname} ${slot}`);
    if (giveBack !== null) return giveBack;
  }
  return null;
}

/** Held until it is given back, or the tab is closed. */
const lock = (name: string): Promise<GiveBack | null> =>
  new Promise((resolve, reject) => {
    const held = (granted: Lock | null): Promise<void> | undefined => {
      if (granted !== null) return new Promise((giveBack) => resolve(giveBack));
      resolve(null);
      return undefined;
    };
    navigator.locks.request(name, { ifAvailable: true }, held).catch(reject);
  });
