// The start of the page.

import { render } from "preact";
import { App } from "./app.tsx";
import { resume } from "./base/session.ts";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import "./pages.css";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
void resume();
