// heap.js -- bytes on the heap over time, a line a run, its peak marked.
import { look, start, tooltip, withPrefix } from "./look.js";

const AXIS = { i: "instructions", ms: "milliseconds", B: "bytes allocated" };

// The label stands over the plateau, not over the slope that leads to it.
function aside(heap) {
  const last = heap.points[heap.points.length - 1][0];
  return [heap.points[heap.peak][0] < 0.8 * last ? 30 : -30, 2];
}

export function drawHeap(box, data) {
  const heaps = data.heaps.filter((heap) => heap.points.length > 0);
  if (heaps.length === 0) return null;
  const l = look();
  box.style.height = "22rem";
  const chart = start(box);
  const bytes = (x) => withPrefix(x, "B");
  const time = AXIS[heaps[0].unit] || heaps[0].unit;
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: l.font, color: l.ink },
    color: l.series,
    grid: { left: 4, right: 16, top: 40, bottom: 28, containLabel: true },
    legend: { left: 0, top: 0, itemWidth: 16, itemGap: 14, icon: "rect", itemHeight: 3, textStyle: { color: l.soft, fontSize: 12 } },
    tooltip: {
      ...tooltip(l), trigger: "axis", axisPointer: { type: "line", lineStyle: { color: l.soft } },
      formatter: (series) =>
        [`${withPrefix(series[0].value[0], "")} ${time}`].concat(series.map((s) => `${s.seriesName}: ${bytes(s.value[1])}`)).join("\n"),
    },
    xAxis: {
      type: "value", name: time, nameLocation: "middle", nameGap: 28, max: "dataMax", splitNumber: 5,
      nameTextStyle: { color: l.soft, fontSize: 11 }, splitLine: { show: false }, axisLine: { lineStyle: { color: l.line } },
      axisLabel: { color: l.soft, fontSize: 11, formatter: (x) => withPrefix(x, ""), showMaxLabel: false, hideOverlap: true },
    },
    yAxis: {
      type: "value", min: 0, splitNumber: 4, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: l.soft, fontSize: 11, formatter: bytes },
      splitLine: { lineStyle: { color: l.line } },
    },
    series: heaps.map((heap) => ({
      name: heap.title, type: "line", data: heap.points, showSymbol: false, lineStyle: { width: 2 }, sampling: "lttb",
      markPoint: {
        symbol: "circle", symbolSize: 7, data: [{ coord: heap.points[heap.peak] }],
        label: { show: true, position: "top", color: l.soft, fontSize: 11, offset: aside(heap), formatter: () => bytes(heap.points[heap.peak][1]) },
      },
    })),
  });
  return chart;
}
