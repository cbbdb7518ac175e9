// dots.js -- a row a figure on a logarithmic axis: a dot a subject with its interval, a tick the goal.
import { chartOf, frame, range, says } from "./exhibit.js";
import { figure, look, start, tooltip } from "./look.js";

const STEP = 8; // between the dots of a row
const SIZE = 7;

// Beyond the colours there are, shapes tell the subjects apart.
const circle = (x, y, fill) => ({ type: "circle", shape: { cx: x, cy: y, r: SIZE / 2 }, style: { fill } });
const diamond = (x, y, fill) => ({
  type: "polygon",
  shape: { points: [[x, y - SIZE * 0.65], [x + SIZE * 0.65, y], [x, y + SIZE * 0.65], [x - SIZE * 0.65, y]] },
  style: { fill },
});
const DIAMOND = "path://M5,0L10,5L5,10L0,5Z";

// A subject looks the same in all charts of an exhibit.
function lookOf(l, charts) {
  const names = [...new Set(charts.flatMap((c) => c.series.filter((s) => !s.goal).map((s) => s.name)))];
  return (s) => {
    if (s.goal) return { colour: l.ink, icon: "path://M4,0h1v10h-1z" };
    const i = names.indexOf(s.name);
    const plain = i < l.series.length;
    return { colour: l.series[i % l.series.length], mark: plain ? circle : diamond, icon: plain ? "circle" : DIAMOND };
  };
}

// Our number stands where the tick of the goal does not.
function number(l, y, at, ends, height, goal) {
  const right = goal !== undefined && goal < y;
  const x = right ? Math.max(at, ends[1]) + SIZE : Math.min(at, ends[0]) - SIZE;
  return {
    type: "text",
    style: { x, y: height, text: figure(y), fill: l.ink, fontSize: 11, fontFamily: l.font, textAlign: right ? "left" : "right", textVerticalAlign: "middle" },
  };
}

function dot(l, series, its, k, n, goals) {
  const { colour, mark } = its;
  return (params, api) => {
    const [row, y, low, high] = series.points[params.dataIndex];
    const [at, middle] = api.coord([y, row]);
    const top = middle - ((n - 1) * STEP) / 2;
    if (series.goal) {
      const shape = { x1: at, x2: at, y1: top - STEP / 2, y2: top + STEP * (n - 0.5) };
      return { type: "line", shape, style: { stroke: l.ink, lineWidth: 1.5, lineDash: [3, 2] } };
    }
    const height = top + k * STEP;
    const children = [mark(at, height, colour)];
    const ends = [api.coord([low, row])[0], api.coord([high, row])[0]];
    if (high > low)
      children.push({ type: "line", style: { stroke: colour, lineWidth: 2 }, shape: { x1: ends[0], x2: ends[1], y1: height, y2: height } });
    if (k === 0) children.push(number(l, y, at, ends, height, goals.get(row)));
    return { type: "group", children };
  };
}

// The axis: a little beyond the least and the greatest value. Within a decade or so, powers of two
// are its labels.
function axis(chart) {
  const all = chart.series.flatMap((s) => s.points.flatMap(([, y, low, high]) => [y, low, high]));
  const least = Math.min(...all);
  const most = Math.max(...all);
  if (most < 20 * least) return { logBase: 2, min: 2 ** Math.floor(Math.log2(least / 1.3)), max: 2 ** Math.ceil(Math.log2(most * 1.1)) };
  const room = Math.max(1.15, (most / least) ** 0.06);
  return { logBase: 10, min: least / room ** 2.5, max: most * room };
}

export function drawDots(box, data) {
  const chart = chartOf(box, data);
  const l = look();
  const value = says(chart.unit);
  const subjects = chart.series.filter((s) => !s.goal);
  const goals = new Map(chart.series.filter((s) => s.goal).flatMap((s) => s.points));
  const its = lookOf(l, data.exhibits[box.dataset.exhibit]);
  const legend = chart.series.map((s) => ({ name: s.name, icon: its(s).icon }));
  const ends = axis(chart);
  const narrow = box.clientWidth < 480;
  const rows = Math.ceil(legend.length / Math.max(1, Math.floor(box.clientWidth / 110)));
  box.style.height = `${rows * 20 + 44 + chart.categories.length * (subjects.length * STEP + 14)}px`;
  const drawn = start(box);
  const common = frame(l, chart);
  drawn.setOption({
    ...common,
    legend: { ...common.legend, data: legend },
    grid: { left: 4, right: 14, top: rows * 20 + 10, bottom: 4, containLabel: true },
    tooltip: {
      ...tooltip(l), trigger: "item",
      formatter: (p) => {
        const point = chart.series[p.seriesIndex].points[p.dataIndex];
        return `${chart.categories[point[0]]}\n${p.seriesName}: ${value(point[1])}${range(point)}`;
      },
    },
    xAxis: {
      type: "log", ...ends, axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { color: l.soft, fontSize: 11, formatter: figure, hideOverlap: true, showMinLabel: ends.logBase === 2, showMaxLabel: ends.logBase === 2 },
      splitLine: { lineStyle: { color: l.line } }, minorTick: { show: false },
    },
    yAxis: {
      type: "category", inverse: true, data: chart.categories, axisTick: { show: false }, axisLine: { show: false },
      splitLine: { show: true, lineStyle: { color: l.line } },
      axisLabel: { color: l.ink, fontSize: 12, lineHeight: 14, width: narrow ? 84 : 130, overflow: "break" },
    },
    series: chart.series.map((s) => {
      const k = subjects.indexOf(s);
      return {
        name: s.name, type: "custom", renderItem: dot(l, s, its(s), k, subjects.length, goals), clip: false, z: s.goal ? 1 : 2,
        data: s.points.map(([row, y]) => [y, row]), encode: { x: 0, y: 1 }, itemStyle: { color: its(s).colour },
      };
    }),
  });
  return drawn;
}
