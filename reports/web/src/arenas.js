// arenas.js -- pools by how full they are, an arena a row, stepped through by hand or played.
import { look } from "./look.js";

const PERIOD_MS = 900;
const LEVELS = 9;

const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

function button(label) {
  return Object.assign(element("button", label), { type: "button" });
}

function paint(canvas, rows, n_rows) {
  const l = look();
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const cell = Math.max(3, Math.min(14, Math.floor(canvas.parentNode.clientWidth / columns)));
  const scale = devicePixelRatio || 1;
  canvas.style.width = `${columns * cell}px`;
  canvas.style.height = `${n_rows * (cell + 2)}px`;
  canvas.width = columns * cell * scale;
  canvas.height = n_rows * (cell + 2) * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  rows.forEach((row, y) => {
    [...row].forEach((letter, x) => {
      const left = x * cell;
      const top = y * (cell + 2);
      pen.globalAlpha = 1;
      pen.fillStyle = l.line;
      pen.fillRect(left, top, cell - 1, cell);
      if (letter === ".") return;
      const height = Math.max(1, Math.round((Number(letter) / LEVELS) * cell));
      pen.fillStyle = l.series[1];
      pen.fillRect(left, top + cell - height, cell - 1, height);
    });
  });
}

export function drawArenas(box, data) {
  const { frames } = data.exhibits[box.dataset.exhibit][box.dataset.index];
  if (frames.length === 0) return null;
  const n_rows = Math.max(1, ...frames.map((f) => f.rows.length));
  const canvas = document.createElement("canvas");
  const bar = Object.assign(document.createElement("div"), { className: "player" });
  const [back, play, next] = [button("\u2039 Back"), button("Play"), button("Next \u203a")];
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: frames.length - 1, value: 0 });
  slider.setAttribute("aria-label", "Step");
  const says = element("p", "");
  says.setAttribute("aria-live", "polite");
  const key = element("p", "Grey: a pool that serves no size; a blue column: how full a pool is.");
  key.className = "key";
  bar.append(back, play, next, slider);
  box.replaceChildren(bar, says, canvas, key);
  let now = 0;
  let timer = 0;

  function show(i) {
    now = Math.max(0, Math.min(frames.length - 1, i));
    slider.value = now;
    back.disabled = now === 0;
    next.disabled = now === frames.length - 1;
    says.textContent = `${now + 1} of ${frames.length}: ${frames[now].label} \u2013 ${frames[now].note}`;
    paint(canvas, frames[now].rows, n_rows);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }
  function go(i) {
    stop();
    show(i);
  }
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (now === frames.length - 1) show(0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      show(now + 1);
      if (now === frames.length - 1) stop();
    }, PERIOD_MS);
  });
  back.addEventListener("click", () => go(now - 1));
  next.addEventListener("click", () => go(now + 1));
  slider.addEventListener("input", () => go(Number(slider.value)));
  show(0);
  return { dispose: stop };
}
