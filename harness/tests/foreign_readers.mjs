// foreign_readers.mjs -- what objlab exports, read by programs that are not ours.
//
//   node foreign_readers.mjs MODULES OBJLAB VICTIM VICTIM_INSTRUMENTED CHROMIUM
//
// speedscope (npm) opens the exports in a real browser: its own format, pprof's, and a callgrind file
// of our instrumenting profiler. Every function's own cost, and what it costs with all it calls, must
// be those of the profile that was exported. callgrind_annotate reads the callgrind file, too.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, objlab, victim, instrumented, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), "package.json"))("playwright-core");
const page = pathToFileURL(join(resolve(modules), "node_modules/speedscope/dist/release/index.html")).href;
const folder = mkdtempSync(join(tmpdir(), "objlab-foreign-"));
const run = (...argv) =>
  execFileSync(argv[0], argv.slice(1), { maxBuffer: 1 << 28, timeout: 120000, stdio: ["ignore", "pipe", "ignore"] });
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});

// Until it gives the same for half a second: on a busy machine a page is drawn in several steps.
async function settle(tab, look) {
  for (let last = NaN, same = 0; same < 5; ) {
    const now = await tab.evaluate(look);
    same = now === last ? same + 1 : 0;
    last = now;
    await tab.waitForTimeout(100);
  }
}

// speedscope's table of functions: name -> rows of {self, total}. It draws what fits the window.
async function readBySpeedscope(file) {
  const tab = await (await browser.newContext({ viewport: { width: 1400, height: 12000 } })).newPage();
  const script = join(folder, "load.js");
  const data = readFileSync(file).toString("base64");
  writeFileSync(script, `speedscope.loadFileFromBase64(${JSON.stringify(basename(file))}, "${data}")`);
  await tab.goto(`${page}#localProfilePath=${script}`);
  await tab.waitForFunction(() => document.title.includes(" - speedscope"));
  await tab.keyboard.press("3"); // its "sandwich" view
  await tab.waitForSelector("table tr:nth-child(2)");
  await settle(tab, () => document.querySelectorAll("table tr").length);
  const cells = await tab.$$eval("table tr", (rows) =>
    rows.slice(1).map((row) => [...row.cells].map((cell) => cell.innerText))
  );
  await tab.context().close();
  const count = (text) => Number(text.split(" (")[0].replaceAll(",", ""));
  const table = new Map();
  for (const [total, self, shown] of cells) {
    const name = shown.split("'")[0]; // without contexts, which it does not know
    if (!table.has(name)) table.set(name, []);
    table.get(name).push({ total: count(total), self: count(self) });
  }
  return table;
}

// The same from objlab's own model. A name with contexts reads "function'caller'caller...", an inner
// activation "function'2'caller...": what it costs with all it calls is that of the outermost ones.
function readByObjlab(file, event) {
  const profile = JSON.parse(run(objlab, "show", file, "--json"));
  const table = new Map();
  for (const f of profile.functions) {
    const [name, ...callers] = f.name.split("'");
    const sum = table.get(name) ?? { self: 0, total: 0, places: new Set() };
    sum.self += f.self[event];
    const isInner = callers.includes(name) || /^\d+$/.test(callers[0] ?? "");
    if (!isInner) sum.total += f.inclusive[event];
    sum.places.add(`${f.file} ${f.object}`);
    table.set(name, sum);
  }
  return { table, total: profile.totals[event] };
}

const sum = (rows) => rows.reduce((all, row) => all + row.self, 0);

function compare(what, theirs, ours, withTotals) {
  assert.equal(sum([...theirs.values()].flat()), ours.total, `${what}: the sum of all`);
  let n = 0;
  for (const [name, mine] of ours.table) {
    const rows = theirs.get(name) ?? [];
    if (mine.self === 0 && rows.length === 0) continue;
    assert.equal(sum(rows), mine.self, `${what}: ${name} itself`);
    if (withTotals && rows.length === 1 && mine.places.size === 1) {
      assert.equal(rows[0].total, mine.total, `${what}: ${name} with what it calls`);
      n++;
    }
  }
  assert.ok(!withTotals || n > 20, `${what}: only ${n} functions compared`);
  console.log(`ok ${what}: ${theirs.size} functions, ${ours.total} in all`);
}

const contexts = join(folder, "contexts.out");
run(objlab, "profile", "calls", "--contexts=24", "--out", contexts, "--", victim);
const ours = readByObjlab(contexts, "Ir");
for (const [form, ending] of [["speedscope", "speedscope.json"], ["pprof", "pb.gz"]]) {
  const file = join(folder, `exported.${ending}`);
  writeFileSync(file, run(objlab, "show", contexts, `--export=${form}`));
  compare(form, await readBySpeedscope(file), ours, true);
}

const probed = join(folder, "callgrind.out.probed");
run(objlab, "profile", "calls", "--method=instrument", "--out", probed, "--", instrumented);
const found = readByObjlab(probed, "ns");
compare("callgrind file of our profiler", await readBySpeedscope(probed), found, false);
const annotated = run("callgrind_annotate", probed).toString();
const total = /^\s*([\d,]+) .*PROGRAM TOTALS$/m.exec(annotated);
assert.equal(Number(total[1].replaceAll(",", "")), found.total, "callgrind_annotate");
console.log(`ok callgrind_annotate: ${found.total} ns in all`);

await browser.close();
rmSync(folder, { recursive: true });
