// look.js -- colours, numbers and the chart library, shared by the charts.
import { CustomChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkPointComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([CustomChart, LineChart, GridComponent, LegendComponent, MarkPointComponent, TooltipComponent, CanvasRenderer]);

export const start = (box) => init(box, null, { renderer: "canvas" });

export function look() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue("--" + name).trim();
  return {
    ink: get("ink"),
    soft: get("soft"),
    line: get("line"),
    panel: get("panel"),
    series: [1, 2, 3, 4, 5, 6].map((i) => get("c" + i)),
    font: getComputedStyle(document.body).fontFamily,
  };
}

export function figure(x) {
  const size = Math.abs(x);
  if (size >= 100) return Math.round(x).toLocaleString("en").replaceAll(",", "\u202f");
  return String(Number(x.toFixed(size < 1 ? 3 : size < 10 ? 2 : 1)));
}

export function withPrefix(x, unit) {
  const prefixes = ["", "k", "M", "G", "T"];
  let i = 0;
  while (Math.abs(x) >= 1000 && i + 1 < prefixes.length) {
    x /= 1000;
    i++;
  }
  return `${figure(x)} ${prefixes[i]}${unit}`.trim();
}

export function tooltip(l) {
  return {
    renderMode: "richText", // text only: nothing of the data is read as markup
    confine: true,
    backgroundColor: l.panel,
    borderColor: l.line,
    textStyle: { color: l.ink, fontFamily: l.font, fontSize: 12 },
  };
}
