// A chart over time. It is drawn on a canvas, which nobody can read aloud or search: so it has a
// caption, a sentence that says what it shows, and a table of its numbers behind a button. Lines
// differ by dash and label too, not by colour alone.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { loneValues } from "../base/lone-values.ts";
import { clock } from "../base/text.ts";
import { BareTable, type Column } from "./table.tsx";
import { colorOf, themeChanges } from "./theme.ts";

export interface ChartLine {
  readonly label: string;
  /** A name of style.css. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly isFilled?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** Seconds since 1970, of each value. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number | null) => string;
  readonly height?: number;
  /** Charts with the same one share their cursor. */
  readonly cursor?: string;
}

const ROWS_MAX = 60;

export function Chart({ title, times, lines, format, height = 150, cursor = "all" }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [isTable, setIsTable] = useState(false);
  const shape = `${lines.map(({ label }) => label).join()} ${themeChanges.value} ${height}`;
  const data: uPlot.AlignedData = [[...times], ...lines.map(({ values }) => [...values])];

  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const size = { width: parent.clientWidth || 300, height };
    const made = new uPlot({ ...size, ...optionsFor(lines, format, cursor) }, data, parent);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (parent.clientWidth > 0) made.setSize({ width: parent.clientWidth, height });
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(data), [times, lines]);

  const summary = lines.map((line) => summaryOf(line, format)).join("; ");
  return (
    <figure class="chart">
      <figcaption>
        <span class="title">{title}</span>
        {lines.map(({ label, color, values, dash }) => (
          <span key={label} class="legend">
            <svg width="18" height="8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="18"
                y2="4"
                stroke={`var(--${color})`}
                stroke-width="2"
                stroke-dasharray={dash?.join(" ")}
              />
            </svg>
            <span>{label}</span> <b>{format(lastOf(values))}</b>
          </span>
        ))}
        <button
          type="button"
          class="quiet"
          aria-pressed={isTable}
          onClick={() => setIsTable(!isTable)}
        >
          Table<span class="hidden"> of {title}</span>
        </button>
      </figcaption>
      <p class="hidden">{summary}</p>
      <div class="plot" ref={place} hidden={isTable} aria-hidden="true" />
      {isTable && <Numbers {...{ title, times, lines, format }} />}
    </figure>
  );
}

const lastOf = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;

function summaryOf({ label, values }: ChartLine, format: ChartProps["format"]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${label}: nothing yet`;
  const least = known.reduce((one, other) => Math.min(one, other));
  const most = known.reduce((one, other) => Math.max(one, other));
  return `${label}: ${format(lastOf(values))} now, between ${format(least)} and ${format(most)}`;
}

function Numbers({ title, times, lines, format }: Omit<ChartProps, "height" | "cursor">) {
  const rows = times.map((time, index) => ({ time, index })).slice(-ROWS_MAX);
  const columns: readonly Column<{ time: number; index: number }>[] = [
    { title: "Time", cell: ({ time }) => clock(time * 1_000) },
    ...lines.map(({ label, values }) => ({
      title: label,
      kind: "number" as const,
      cell: ({ index }: { index: number }) => format(values[index] ?? null),
    })),
  ];
  return (
    <div class="numbers" tabIndex={0} role="region" aria-label={`Numbers of ${title}`}>
      <BareTable columns={columns} rows={rows.reverse()} keyOf={({ time }) => time} />
    </div>
  );
}

function optionsFor(
  lines: readonly ChartLine[],
  format: ChartProps["format"],
  cursor: string,
): Omit<uPlot.Options, "width" | "height"> {
  const [text, grid] = [colorOf("muted"), colorOf("line")];
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    legend: { show: false },
    cursor: { sync: { key: cursor }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, size: 24, space: 70, font: FONT, values: (_plot, at) => clocksOf(at) },
      {
        ...axis,
        ...{ size: 58, space: 34, font: FONT },
        values: (_plot, values) => values.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color, dash, isFilled = false }) => ({
        label,
        stroke: colorOf(color),
        width: 1.75,
        points: { show: false, size: 5, fill: colorOf(color), filter: dotsOf },
        spanGaps: false,
        ...(dash === undefined ? {} : { dash: [...dash] }),
        ...(isFilled ? { fill: `${colorOf(color)}22` } : {}),
      })),
    ],
  };
}

/** A value without a line is a dot. */
const dotsOf = (plot: uPlot, series: number): number[] => loneValues(plot.data[series] ?? []);

const FONT = "11px system-ui, sans-serif";

/** With seconds where several marks are of one minute. */
function clocksOf(marks: readonly number[]): string[] {
  const isShort = (marks[1] ?? Number.POSITIVE_INFINITY) - (marks[0] ?? 0) < 60;
  return marks.map((seconds) => clock(seconds * 1_000).slice(0, isShort ? 8 : 5));
}

/** Seconds since 1970 of each step. */
export const timesOf = (toMs: number, stepMs: number, length: number): number[] =>
  Array.from({ length }, (_, index) => (toMs - (length - 1 - index) * stepMs) / 1_000);
