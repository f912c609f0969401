/* Health charts. Numbers come as JSON from this host; colours come from the tokens, so that both
   themes and a switch between them are right. The table beside the charts says the same, and
   stands alone where this script does not run. */
"use strict";

(() => {
  const HEIGHT = 180;
  const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [12, 5], [1, 5], [6, 2, 1, 2], [16, 3, 5, 3]]; // lines differ by dash, never by hue alone
  const STYLES = ["solid", "dashed", "dotted", "double"]; // of the marks in the legend
  const INKS = ["--ink", "--lv3", "--ink-2", "--ok"];
  const BANDS = 3; // with more lines, least and greatest would hide each other

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const SIZES = ["B", "kB", "MB", "GB", "TB"];
  const size = (count) => {
    let at = 0;
    while (count >= 1000 && at < SIZES.length - 1) { count /= 1000; at += 1; }
    return `${count >= 10 || at === 0 ? Math.round(count) : count.toFixed(1)} ${SIZES[at]}`;
  };
  const digits = (value) => (Number.isInteger(value) ? `${value}` : value.toFixed(value < 10 ? 2 : 1));
  const span = (seconds) => {
    if (seconds < 120) return `${digits(seconds)} s`;
    return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
  };
  const WORDS = {
    percent: (value) => `${Math.round(value)} %`,
    share: (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} %`,
    bytes: size,
    rate: (value) => `${size(value)}/s`,
    number: digits,
    seconds: span,
  };
  const SHORT = { percent: (value) => `${value}`, share: digits, bytes: size, rate: size, number: digits, seconds: span };

  const DAY = 86400;
  const pad = (number) => `${number}`.padStart(2, "0");
  // Times as the tables write them: hours within a day or two, dates beyond, months over a year.
  const clock = (at, span) => {
    const day = `${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
    const hour = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
    if (span <= 2 * DAY) return hour;
    return span <= 60 * DAY ? `${day} ${hour}` : `${at.getFullYear()}-${day}`;
  };
  const tick = (at, span) => {
    if (span <= 600) return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
    if (span <= 2 * DAY) return `${pad(at.getHours())}:${pad(at.getMinutes())}`;
    return span <= 60 * DAY ? `${pad(at.getMonth() + 1)}-${pad(at.getDate())}` : `${at.getFullYear()}-${pad(at.getMonth() + 1)}`;
  };

  function axes(figure, unit, zone) {
    const font = `12px ${token("--sans")}`;
    const line = { stroke: token("--line"), width: 1 };
    const look = { stroke: token("--ink-3"), font, grid: line, ticks: { ...line, size: 4 } };
    const span = () => figure.span[1] - figure.span[0];
    const times = (_, splits) => {
      const said = splits.map((at) => tick(uPlot.tzDate(new Date(at * 1000), zone), span()));
      return said.map((words, at) => (at > 0 && said[at - 1] === words ? "" : words));
    };
    return [
      { ...look, space: 72, values: times },
      { ...look, size: unit === "percent" ? 42 : 62, values: (_, splits) => splits.map(SHORT[unit]) },
    ];
  }

  // Without a pointer on the chart the legend says the newest values.
  const newest = (column) => column.findLast((value) => value !== null && value !== undefined);

  function series(figure, zone, zoneLabel, chart) {
    const few = chart.lines.length <= BANDS;
    const said = (drawn, value, at) => {
      const shown = value ?? newest(drawn.data[at]);
      return shown === undefined ? "–" : WORDS[chart.unit](shown);
    };
    const time = (drawn, seconds) => {
      const at = new Date((seconds ?? newest(drawn.data[0])) * 1000);
      return clock(uPlot.tzDate(at, zone), figure.span[1] - figure.span[0]);
    };
    const stroke = (at) => token(INKS[at % INKS.length]);
    const lines = chart.lines.map((label, at) => ({
      label,
      stroke: stroke(at),
      width: 1.75,
      dash: DASHES[at % DASHES.length],
      points: { show: (drawn) => drawn.data[0].length < 20, size: 4 }, // a few samples are no line yet
      value: said,
    }));
    const edges = few ? chart.lines.flatMap(() => [0, 1].map(() => ({ label: "", width: 0, points: { show: false } }))) : [];
    return [{ label: zoneLabel, value: time }, ...lines, ...edges];
  }

  // Least and greatest around the mean: columns behind the lines, filled between.
  function bands(chart) {
    if (chart.lines.length > BANDS) return [];
    const first = chart.lines.length + 1;
    return chart.lines.map((_, at) => ({ series: [first + 2 * at, first + 2 * at + 1], fill: `${token(INKS[at % INKS.length])}1f` }));
  }

  function columnsOf(chart) {
    const edges = chart.lines.length > BANDS ? [] : chart.lines.flatMap((_, at) => [chart.high[at], chart.low[at]]);
    return [chart.times, ...chart.mean, ...edges];
  }

  function scale(unit) {
    if (unit === "percent") return { range: [0, 100] };
    return { range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1] };
  }

  function plot(figure, span, zone, zoneLabel, chart, anew) {
    const columns = columnsOf(chart);
    figure.span = span;
    const old = figure.chart;
    if (old && !anew && old.series.length === columns.length) {
      old.setData(columns);
      return;
    }
    const place = figure.querySelector("div");
    place.replaceChildren();
    const options = {
      legend: { markers: { width: 2, dash: (_, at) => STYLES[(at - 1) % STYLES.length] } },
      width: Math.max(figure.clientWidth, 200),
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      cursor: { drag: { x: false, y: false }, points: { show: (_, at) => at <= chart.lines.length } },
      scales: { x: { range: () => figure.span }, y: scale(chart.unit) },
      axes: axes(figure, chart.unit, zone),
      series: series(figure, zone, zoneLabel, chart),
      bands: bands(chart),
    };
    figure.chart = new uPlot(options, columns, place);
    [...place.querySelectorAll(".u-legend .u-series")].slice(chart.lines.length + 1).forEach((row) => row.remove());
  }

  async function draw(box, anew) {
    const answer = await fetch(box.dataset.health, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const { tz, charts, from, to } = await answer.json();
    box.hidden = false;
    for (const chart of charts) {
      const figure = box.querySelector(`[data-plot="${chart.name}"]`);
      if (figure) plot(figure, [from, to], tz, box.dataset.zone, chart, anew);
    }
  }

  const boxes = () => [...document.querySelectorAll("[data-health]")];
  const drawAll = (anew) => boxes().forEach((box) => draw(box, anew));

  addEventListener("resize", () => {
    for (const figure of document.querySelectorAll(".plot")) {
      if (figure.chart) figure.chart.setSize({ width: figure.clientWidth, height: HEIGHT });
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(true));
  setInterval(() => document.hidden || drawAll(false), 30_000);
  drawAll(false);
})();
