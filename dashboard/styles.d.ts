// Styles are imported for what they do; esbuild makes one file of them.

declare module "*.css";
