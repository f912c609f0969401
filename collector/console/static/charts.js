/* Health charts. Numbers come as JSON from this host; colours come from the tokens, so that both
   themes and a switch between them are right. The table beside each chart says the same. */
"use strict";

(() => {
  const HEIGHT = 190;
  const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]]; // lines differ by dash, never by hue alone

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function axes() {
    const font = `12px ${token("--sans")}`;
    const line = { stroke: token("--line"), width: 1 };
    const look = { stroke: token("--ink-3"), font, grid: line, ticks: { ...line, size: 4 } };
    return [
      { ...look, space: 90, values: [[3600, "{HH}:{mm}", null, null, null, null, null, null, 1], [60, "{HH}:{mm}", null, null, null, null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]] },
      { ...look, size: 42, values: (_, splits) => splits.map((value) => `${value}`) },
    ];
  }

  // Without a pointer on the chart the legend says the newest values.
  const newest = (column) => column.findLast((value) => value !== null && value !== undefined);
  const percent = (chart, value, at) => {
    const shown = value ?? newest(chart.data[at]);
    return shown === undefined ? "–" : `${Math.round(shown)} %`;
  };
  const clock = (chart, seconds) => {
    const at = new Date((seconds ?? newest(chart.data[0])) * 1000);
    return uPlot.fmtDate("{HH}:{mm}")(uPlot.tzDate(at, chart.zone));
  };

  function series(zoneLabel, labels) {
    return [
      { label: zoneLabel, value: clock },
      ...labels.map((label, at) => ({
        label,
        stroke: token(at === 0 ? "--ink" : at === 1 ? "--lv3" : "--ink-2"),
        width: 1.75,
        dash: DASHES[at % DASHES.length],
        points: { show: (chart) => chart.data[0].length < 20, size: 4 }, // a few samples are no line yet
        value: percent,
      })),
    ];
  }

  function plot(figure, span, zone, zoneLabel, labels, columns, anew) {
    figure.span = span;
    const old = figure.chart;
    if (old && !anew && old.series.length === columns.length) {
      old.setData(columns);
      return;
    }
    figure.replaceChildren();
    const options = {
      hooks: { init: [(chart) => { chart.zone = zone; }] },
      legend: { markers: { width: 2, dash: (_, at) => (at % DASHES.length === 1 ? "solid" : "dashed") } },
      width: Math.max(figure.clientWidth, 200),
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      cursor: { drag: { x: false, y: false } },
      scales: { x: { range: () => figure.span }, y: { range: [0, 100] } },
      axes: axes(),
      series: series(zoneLabel, labels),
    };
    figure.chart = new uPlot(options, columns, figure);
  }

  async function draw(box, anew) {
    const answer = await fetch(box.dataset.health, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const { tz, times, cpu, memory, disks, from, to } = await answer.json();
    if (!times.length) return;
    const part = (name) => box.querySelector(`[data-plot="${name}"]`);
    plot(part("load"), [from, to], tz, box.dataset.zone, [box.dataset.cpu, box.dataset.memory], [times, cpu, memory], anew);
    const mounts = Object.keys(disks);
    if (!mounts.length) return;
    const labels = mounts.map((mount) => `${box.dataset.disk} ${mount}`);
    plot(part("disks"), [from, to], tz, box.dataset.zone, labels, [times, ...Object.values(disks)], anew);
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
