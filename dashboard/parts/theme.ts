// Light, dark, or as the system has it.

import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const NEXT: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const NAME = "sluice-theme";

const kept = localStorage.getItem(NAME);

export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");

export const nextTheme = (): void => {
  theme.value = NEXT[theme.value];
};

/** Grows when colours change: what is drawn on a canvas is drawn anew. */
export const themeChanges = signal(0);

effect(() => {
  const wanted = theme.value;
  if (wanted === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.dataset.theme = wanted;
  localStorage.setItem(NAME, wanted);
  themeChanges.value = themeChanges.peek() + 1;
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  themeChanges.value++;
});

/** A colour of style.css, as the page has it now. */
export const colorOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
