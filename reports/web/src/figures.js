// figures.js -- bullet bars: a bar a layout, its interval as a whisker, the reference as a tick.
import { figure, look, start, tooltip } from "./look.js";

const BAR = 11;
const GAP = 4;

function bars(l, rows, n) {
  return (params, api) => {
    const row = rows[api.value(0)];
    const k = api.value(1);
    const [median, low, high] = row.mine[k];
    const reference = row.reference[k];
    const middle = api.coord([0, api.value(0)])[1];
    const y = middle - (n * (BAR + GAP) - GAP) / 2 + k * (BAR + GAP);
    const x = (value) => api.coord([value, api.value(0)])[0];
    const zero = x(0);
    const children = [
      {
        type: "rect",
        shape: { x: zero, y, width: Math.max(1, x(median) - zero), height: BAR },
        style: { fill: l.series[k % l.series.length] },
      },
    ];
    if (high > low)
      children.push({
        type: "line",
        shape: { x1: x(low), x2: x(high), y1: y + BAR / 2, y2: y + BAR / 2 },
        style: { stroke: l.ink, lineWidth: 1.5 },
      });
    if (reference)
      children.push({
        type: "line",
        shape: { x1: x(reference[0]), x2: x(reference[0]), y1: y - 2, y2: y + BAR + 2 },
        style: { stroke: l.ink, lineWidth: 2.5 },
      });
    const end = Math.max(x(high), reference ? x(reference[0]) : 0);
    children.push({
      type: "text",
      style: { x: end + 6, y: y + BAR / 2, text: figure(median), fill: l.soft, fontSize: 11, fontFamily: l.font, textVerticalAlign: "middle" },
    });
    return { type: "group", children };
  };
}

function says(data, rows, unit) {
  return (params) => {
    const row = rows[params.value[0]];
    const k = params.value[1];
    const [median, low, high] = row.mine[k];
    const range = high > low ? ` (${figure(low)}\u2013${figure(high)})` : "";
    let text = `${row.name}, ${data.figures.layouts[k]}\n${data.figures.subject}: ${figure(median)}${range} ${unit}`;
    const reference = row.reference[k];
    if (reference) {
      text += `\n${data.figures.reference}: ${figure(reference[0])} ${unit}`;
      if (reference[0] > 0) text += `\nratio: ${(median / reference[0]).toFixed(2)}\u00d7`;
    }
    return text;
  };
}

function points(rows, k) {
  return rows.flatMap((row, i) => (row.mine[k] ? [[i, k, row.mine[k][0]]] : []));
}

export function drawFigures(box, data) {
  const unit = box.dataset.unit;
  const { layouts, reference } = data.figures;
  const rows = data.figures.rows.filter((row) => row.unit === unit);
  const l = look();
  const n = layouts.length;
  const highest = Math.max(
    ...rows.flatMap((row) => [...row.mine, ...row.reference].map((cell) => (cell ? cell[2] : 0)))
  );
  box.style.height = `${70 + rows.length * (n * (BAR + GAP) + 16)}px`;
  const chart = start(box);
  const tick = { name: `${reference} (tick)`, type: "line", data: [], itemStyle: { color: l.ink } };
  const legend = layouts.map((layout) => ({ name: layout || "all", icon: "rect" }));
  if (reference) legend.push({ name: tick.name, icon: "path://M4,0h3v12h-3z" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: l.font, color: l.ink },
    grid: { left: 4, right: 60, top: 34, bottom: 4, containLabel: true },
    legend: { data: legend, left: 0, top: 0, itemWidth: 12, itemHeight: 9, itemGap: 14, selectedMode: false, textStyle: { color: l.soft, fontSize: 12 } },
    tooltip: { ...tooltip(l), trigger: "item", formatter: says(data, rows, unit) },
    xAxis: {
      type: "value", min: 0, max: highest * 1.02, splitNumber: 4,
      axisLabel: { color: l.soft, fontSize: 11, showMaxLabel: false, formatter: figure },
      splitLine: { showMaxLine: false, lineStyle: { color: l.line } },
    },
    yAxis: {
      type: "category", inverse: true, data: rows.map((row) => row.name),
      axisTick: { show: false }, axisLine: { lineStyle: { color: l.line } },
      axisLabel: { color: l.ink, fontSize: 12, lineHeight: 15, width: box.clientWidth < 480 ? 84 : 130, overflow: "break" },
    },
    series: layouts
      .map((layout, k) => ({
        name: layout || "all", type: "custom", renderItem: bars(l, rows, n), data: points(rows, k),
        encode: { x: 2, y: 0 }, itemStyle: { color: l.series[k % l.series.length] }, clip: false,
      }))
      .concat(reference ? [tick] : []),
  });
  return chart;
}
