// The half of a session that only this origin has: the cookie alone opens nothing.

/** Several proxies may be under one origin, each with a prefix of its own. */
const NAME = `sluice-session-key ${location.pathname}`;

export const sessionKey = (): string | null => localStorage.getItem(NAME);
export const keepKey = (key: string): void => localStorage.setItem(NAME, key);
export const forgetKey = (): void => localStorage.removeItem(NAME);
