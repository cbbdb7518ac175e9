// exhibit.js -- evidence beside the grading: lines over x, and bars by category.
import { figure, look, start, tooltip, withPrefix } from "./look.js";

const BAR = 9;
const GAP = 3;

export const chartOf = (box, data) => data.exhibits[box.dataset.exhibit][box.dataset.index];
export const says = (unit) => (y) => (unit === "B" ? withPrefix(y, "B") : `${figure(y)} ${unit}`.trim());

export const range = ([, , low, high]) => (high > low ? ` (${figure(low)}\u2013${figure(high)})` : "");

export function frame(l, chart) {
  return {
    animation: false,
    textStyle: { fontFamily: l.font, color: l.ink },
    color: l.series,
    legend: {
      show: chart.series.length > 1, left: 0, top: 0, itemWidth: 12, itemHeight: 9, itemGap: 14, icon: "rect",
      data: chart.series.map((s) => s.name), selectedMode: false, textStyle: { color: l.soft, fontSize: 12 },
    },
  };
}

// The 95 % interval of a point of a line.
const whisker = (l, k) => (params, api) => {
  const [x, low] = api.coord([api.value(0), api.value(2)]);
  const high = api.coord([api.value(0), api.value(3)])[1];
  return { type: "line", shape: { x1: x, x2: x, y1: low, y2: high }, style: { stroke: l.series[k % l.series.length], lineWidth: 1.5, opacity: 0.6 } };
};

export function drawLines(box, data) {
  const chart = chartOf(box, data);
  const l = look();
  const value = says(chart.unit);
  const whole = chart.series.every((s) => s.points.every((p) => Number.isInteger(p[0])));
  box.style.height = "14rem";
  const drawn = start(box);
  drawn.setOption({
    ...frame(l, chart),
    grid: { left: 4, right: 16, top: chart.series.length > 1 ? 30 : 12, bottom: 26, containLabel: true },
    tooltip: {
      ...tooltip(l), trigger: "axis", axisPointer: { type: "line", lineStyle: { color: l.soft } },
      formatter: (all) => {
        const known = all.filter((s) => s.seriesType === "line" && s.value[1] !== null);
        return [`${chart.x} ${figure(all[0].value[0])}`].concat(known.map((s) => `${s.seriesName}: ${value(s.value[1])}${range(s.value)}`)).join("\n");
      },
    },
    xAxis: {
      type: "value", name: chart.x, nameLocation: "middle", nameGap: 24, min: "dataMin", max: "dataMax", minInterval: whole ? 1 : 0,
      nameTextStyle: { color: l.soft, fontSize: 11 }, splitLine: { show: false }, axisLine: { lineStyle: { color: l.line } },
      axisLabel: { color: l.soft, fontSize: 11, formatter: figure, hideOverlap: true },
    },
    yAxis: {
      type: "value", min: 0, splitNumber: 3, axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { color: l.soft, fontSize: 11, formatter: value }, splitLine: { lineStyle: { color: l.line } },
    },
    series: chart.series.map((s) => ({
      name: s.name, type: "line", data: s.points, showSymbol: s.points.length < 12, symbolSize: 5, lineStyle: { width: 2 }, sampling: "lttb",
    })).concat(chart.series.map((s, k) => ({
      name: s.name, type: "custom", silent: true, renderItem: whisker(l, k), data: s.points.filter((p) => p[3] > p[2]), encode: { x: 0, y: [2, 3] },
    })).filter((s) => s.data.length > 0)),
  });
  return drawn;
}

function bar(l, chart, k) {
  const n = chart.series.length;
  return (params, api) => {
    const [x, y, low, high] = chart.series[k].points[params.dataIndex];
    const middle = api.coord([0, x])[1];
    const top = middle - (n * (BAR + GAP) - GAP) / 2 + k * (BAR + GAP);
    const at = (v) => api.coord([v, x])[0];
    const children = [
      { type: "rect", shape: { x: at(0), y: top, width: Math.max(1, at(y) - at(0)), height: BAR }, style: { fill: l.series[k % l.series.length] } },
      { type: "text", style: { x: at(high) + 5, y: top + BAR / 2, text: figure(y), fill: l.soft, fontSize: 10, fontFamily: l.font, textVerticalAlign: "middle" } },
    ];
    if (high > low)
      children.push({ type: "line", shape: { x1: at(low), x2: at(high), y1: top + BAR / 2, y2: top + BAR / 2 }, style: { stroke: l.ink, lineWidth: 1.5 } });
    return { type: "group", children };
  };
}

export function drawBars(box, data) {
  const chart = chartOf(box, data);
  const l = look();
  const value = says(chart.unit);
  box.style.height = `${56 + chart.categories.length * (chart.series.length * (BAR + GAP) + 14)}px`;
  const drawn = start(box);
  drawn.setOption({
    ...frame(l, chart),
    grid: { left: 4, right: 48, top: 34, bottom: 4, containLabel: true },
    tooltip: {
      ...tooltip(l), trigger: "item",
      formatter: (p) => {
        const point = chart.series[p.seriesIndex].points[p.dataIndex];
        return `${chart.categories[point[0]]}\n${p.seriesName}: ${value(point[1])}${range(point)}`;
      },
    },
    xAxis: {
      type: "value", min: 0, splitNumber: 3, axisLabel: { color: l.soft, fontSize: 11, formatter: figure, showMaxLabel: false },
      splitLine: { lineStyle: { color: l.line } },
    },
    yAxis: {
      type: "category", inverse: true, data: chart.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: l.line } },
      axisLabel: { color: l.ink, fontSize: 12, lineHeight: 14, width: box.clientWidth < 480 ? 84 : 130, overflow: "break" },
    },
    series: chart.series.map((s, k) => ({
      name: s.name, type: "custom", renderItem: bar(l, chart, k), data: s.points.map(([x, y]) => [y, x]),
      encode: { x: 0, y: 1 }, itemStyle: { color: l.series[k % l.series.length] }, clip: false,
    })),
  });
  return drawn;
}
