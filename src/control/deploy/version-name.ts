// How logs, access lines and errors name what runs: `v7`, or, where there is no history,
// `main.ts@3fa1c2d4`.

export const versionName = (version: number): string => `v${version}`;

export const fileVersionName = (file: string, sha256: string): string =>
  `${file}@${sha256.slice(0, 8)}`;
