// charts.js -- draws the charts of a report from the JSON in the page; tables say the same.
import { drawArenas } from "./arenas.js";
import { drawDots } from "./dots.js";
import { drawBars, drawLines } from "./exhibit.js";
import { drawFigures } from "./figures.js";
import { drawFlame } from "./flame.js";
import { drawHeap } from "./heap.js";

const data = JSON.parse(document.getElementById("data").textContent);
const draw = { figures: drawFigures, heap: drawHeap, flame: drawFlame, lines: drawLines, bars: drawBars, dots: drawDots, arenas: drawArenas };
let living = [];

function drawAll() {
  living.forEach((chart) => chart.dispose());
  living = [];
  document.querySelectorAll("[data-chart]").forEach((box) => {
    const chart = draw[box.dataset.chart](box, data);
    if (chart) living.push(chart);
  });
}

document.documentElement.classList.add("charts");
drawAll();
document.addEventListener("objlab-theme", drawAll);

// A flame graph cannot be stretched: it is drawn again when the width has settled.
let width = innerWidth;
let pending = 0;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(pending);
  pending = setTimeout(drawAll, 150);
});
