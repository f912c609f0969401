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

  const percent = (_, value) => (value === null || value === undefined ? "–" : `${Math.round(value)} %`);

  const clockText = (chart, seconds) => uPlot.fmtDate("{HH}:{mm}")(uPlot.tzDate(new Date(seconds * 1000), chart.zone));

  function series(labels) {
    const clock = { label: "", value: (chart, seconds) => (seconds === null || seconds === undefined ? "" : clockText(chart, seconds)) };
    return [
      clock,
      ...labels.map((label, at) => ({
        label,
        stroke: token(at === 0 ? "--ink" : at === 1 ? "--lv3" : "--ink-2"),
        width: 1.75,
        dash: DASHES[at % DASHES.length],
        points: { show: false },
        value: percent,
      })),
    ];
  }

  function plot(figure, zone, labels, columns) {
    figure.replaceChildren();
    const options = {
      hooks: { init: [(chart) => { chart.zone = zone; }] },
      legend: { markers: { width: 2, dash: (_, at) => (at % DASHES.length === 1 ? "solid" : "dashed") } },
      width: Math.max(figure.clientWidth, 200),
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      fmtDate: (template) => uPlot.fmtDate(template),
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: [0, 100] } },
      axes: axes(),
      series: series(labels),
    };
    const chart = new uPlot(options, columns, figure);
    chart.setLegend({ idx: columns[0].length - 1 }); // now, until somebody points at another time
    return chart;
  }

  async function draw(box) {
    const answer = await fetch(box.dataset.health, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const health = await answer.json();
    if (!health.times.length) return;
    const mounts = Object.keys(health.disks);
    box.charts = [
      plot(box.querySelector('[data-plot="load"]'), health.tz, [box.dataset.cpu, box.dataset.memory], [health.times, health.cpu, health.memory]),
    ];
    if (mounts.length) {
      const labels = mounts.map((mount) => `${box.dataset.disk} ${mount}`);
      box.charts.push(plot(box.querySelector('[data-plot="disks"]'), health.tz, labels, [health.times, ...Object.values(health.disks)]));
    }
  }

  const boxes = () => [...document.querySelectorAll("[data-health]")];
  const drawAll = () => boxes().forEach((box) => draw(box));

  addEventListener("resize", () => {
    for (const box of boxes()) for (const chart of box.charts || []) chart.setSize({ width: chart.root.parentElement.clientWidth, height: HEIGHT });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  setInterval(() => document.hidden || drawAll(), 30_000);
  drawAll();
})();
