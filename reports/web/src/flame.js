// flame.js -- the exact call stacks as a flame graph, searchable.
import flamegraph from "d3-flame-graph";
import { select } from "d3-selection";
import { withPrefix } from "./look.js";

const CELL = 20;

const depth = (node) => node.children.reduce((most, child) => Math.max(most, 1 + depth(child)), 0);

function tree(stacks) {
  const root = { name: "all", value: 0, children: [] };
  for (const [frames, cost] of stacks) {
    let node = root;
    node.value += cost;
    for (const name of frames.split(";")) {
      let child = node.children.find((c) => c.name === name);
      if (!child) {
        child = { name, value: 0, children: [] };
        node.children.push(child);
      }
      child.value += cost;
      node = child;
    }
  }
  return root;
}

// Warm, even and light enough for dark labels in both themes; a name always has its colour.
function colour(d) {
  if (d.highlight) return "#7fb4ea";
  let hash = 0;
  for (const c of d.data.name) hash = (hash * 31 + c.codePointAt(0)) >>> 0;
  return `hsl(${22 + (hash % 20)} ${64 + ((hash >> 5) % 18)}% ${66 + ((hash >> 10) % 12)}%)`;
}

function element(tag, properties, parent) {
  const e = Object.assign(document.createElement(tag), properties);
  parent.append(e);
  return e;
}

export function drawFlame(box, data) {
  if (data.stacks.length === 0) return null;
  box.replaceChildren();
  const root = tree(data.stacks);
  const tools = element("div", { className: "flame-tools" }, box);
  const input = element("input", { type: "search", placeholder: "Find a function" }, tools);
  input.setAttribute("aria-label", "Find a function in the flame graph");
  const reset = element("button", { type: "button", textContent: "Whole graph" }, tools);
  const canvas = element("div", {}, box);
  const says = element("p", { className: "flame-says" }, box);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const whole = `all: ${withPrefix(root.value, "")} instructions. Click a frame to zoom in.`;
  const chart = flamegraph()
    .width(box.clientWidth)
    .cellHeight(CELL)
    .minFrameSize(1)
    .transitionDuration(still ? 0 : 200)
    .inverted(true)
    .sort((a, b) => b.value - a.value)
    .setColorMapper(colour)
    .setLabelHandler((d) => `${d.data.name}: ${withPrefix(d.value, "")} instructions, ${((100 * d.data.value) / root.value).toFixed(1)} %`)
    .setSearchMatch((d, term) => term !== "" && d.data.name.toLowerCase().includes(term.toLowerCase()))
    .setSearchHandler((found, sum, total) => {
      says.textContent = `${found.length} frames, ${((100 * sum) / total).toFixed(1)} % of the instructions`;
    })
    .setDetailsHandler((text) => {
      says.textContent = text || whole;
    });
  select(canvas).datum(root).call(chart);
  canvas.style.height = `${CELL * (depth(root) + 1)}px`; // the library leaves two rows blank
  canvas.style.overflow = "hidden";
  says.textContent = whole;
  input.addEventListener("input", () => {
    if (input.value) chart.search(input.value);
    else {
      chart.clear();
      says.textContent = whole;
    }
  });
  reset.addEventListener("click", () => {
    input.value = "";
    chart.clear();
    chart.resetZoom();
    says.textContent = whole;
  });
  return { dispose: () => box.replaceChildren() };
}
