// browser.mjs -- opens reports in a real browser, as a student does: from a file, offline.
//
//   node browser.mjs MODULES SAMPLE_REPORT WEB CHROMIUM [SHOTS]
//
// SAMPLE_REPORT: the program that writes the pages; WEB: the chart bundle; SHOTS: a folder for
// screenshots. Every console message, page error and network request is a failure.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, sampleReport, web, executablePath, shots] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), "package.json"))("playwright-core");
const folder = mkdtempSync(join(tmpdir(), "objlab-report-"));
if (shots) mkdirSync(shots, { recursive: true });
execFileSync(sampleReport, [folder, web]);

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
let failed = 0;

async function test(name, options, page, body) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  const seen = [];
  const url = pathToFileURL(join(folder, page)).href;
  tab.on("console", (message) => seen.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => seen.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => (seen.push("dialog"), dialog.dismiss()));
  tab.on("request", (request) => request.url() !== url && seen.push(`request: ${request.url()}`));
  try {
    await tab.goto(url);
    await body(tab);
    assert.deepEqual(seen, []);
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n${error.stack}`);
  }
  await context.close();
}

const overflow = (tab) =>
  tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const column = (tab, n) =>
  tab.$$eval("table.calls tbody tr", (rows, i) => rows.map((row) => Number(row.cells[i].dataset.v)), n);
const shot = (tab, name) => shots && tab.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

// A chart that drew nothing has one colour only.
const drawn = (tab) =>
  tab.$$eval("canvas", (all) =>
    all.map((c) => new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size)
  );

await test("charts are drawn", {}, "sample.html", async (tab) => {
  const colours = await drawn(tab);
  assert.equal(colours.length, 4); // time, instructions, memory, heap
  assert.ok(colours.every((n) => n > 10), `colours: ${colours}`);
  assert.ok((await tab.locator(".flame svg .frame").count()) > 10);
  assert.equal(await tab.locator("#no-charts").count(), 0);
});

await test("tables sort by click and by key", {}, "sample.html", async (tab) => {
  const before = await column(tab, 3);
  assert.deepEqual(before, [...before].sort((a, b) => b - a));
  const ncalls = tab.locator("table.calls th button").first();
  await ncalls.click();
  const falling = await column(tab, 0);
  assert.deepEqual(falling, [...falling].sort((a, b) => b - a));
  assert.equal(await tab.locator("table.calls th").first().getAttribute("aria-sort"), "descending");
  await ncalls.focus();
  await tab.keyboard.press("Enter");
  const rising = await column(tab, 0);
  assert.deepEqual(rising, [...rising].sort((a, b) => a - b));
  assert.equal(await tab.locator("table.calls th[aria-sort]").count(), 1);
});

await test("lines sort by each cost, and are shaded by it", {}, "sample.html", async (tab) => {
  const table = tab.locator("table.lines");
  const titles = await table.locator("th").allTextContents();
  for (const title of ["executed", "L1 misses", "LL misses", "mispredicted", "bytes allocated", "live at peak", "blocks leaked"]) {
    const n = titles.indexOf(title);
    assert.ok(n > 0, `columns: ${titles}`);
    await table.getByRole("button", { name: title }).click();
    const values = await table.locator("tbody tr").evaluateAll((rows, i) => rows.map((row) => Number(row.cells[i].dataset.v)), n);
    assert.deepEqual(values, [...values].sort((a, b) => b - a));
    const shades = await table.locator("tbody tr").evaluateAll((rows, i) => rows.map((row) => getComputedStyle(row.cells[i]).backgroundImage), n);
    assert.notEqual(shades[0], shades.at(-1)); // the greatest against 0
  }
});

await test("at 1280 px every column of the line table is seen, the source among them", {}, "sample.html", async (tab) => {
  const table = tab.locator("table.lines");
  const [seen, needed] = await table.evaluate((t) => [t.parentElement.clientWidth, t.scrollWidth]);
  assert.ok(needed <= seen, `the table takes ${needed} of ${seen} px`);
  const cut = await table.locator("th, td.code").evaluateAll((cells) => cells.filter((c) => c.scrollWidth > c.clientWidth + 1).map((c) => c.textContent));
  assert.deepEqual(cut, []);
  const narrowest = await table.locator("td.code").evaluateAll((cells) => Math.min(...cells.map((c) => c.clientWidth)));
  assert.ok(narrowest >= 240, `${narrowest} px are left for the source`);
});

await test("on a narrow page the line's name stays while its costs scroll", { viewport: { width: 400, height: 800 } }, "sample.html", async (tab) => {
  const place = tab.locator("table.lines tbody tr").first().locator("td").first();
  await place.scrollIntoViewIfNeeded();
  const before = await place.boundingBox();
  const scrolled = await tab.locator(".table-box:has(> table.lines)").evaluate((box) => (box.scrollLeft = 300, box.scrollLeft));
  assert.equal(scrolled, 300);
  assert.ok(Math.abs((await place.boundingBox()).x - before.x) < 2);
});

await test("the theme follows the system, and the button", { colorScheme: "dark" }, "sample.html", async (tab) => {
  const back = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await back();
  await tab.locator("#theme").click();
  const light = await back();
  assert.notEqual(dark, light);
  assert.equal((await drawn(tab)).length, 4);
  await tab.reload();
  assert.equal(await back(), light);
});

await test("links lead to the line, unfolding its file", {}, "sample.html", async (tab) => {
  await tab.evaluate(() => document.querySelectorAll("details.source").forEach((d) => (d.open = false)));
  await tab.locator('.feedback a.place:text("pool.c:45")').click();
  const row = tab.locator("tr:target");
  assert.ok(await row.isVisible());
  assert.match(await row.textContent(), /if \(p->next == b\)/);
  assert.match(await row.textContent(), /walks the whole free list/);
});

await test("the flame graph zooms and finds", {}, "sample.html", async (tab) => {
  await tab.fill(".flame input", "strcmp");
  assert.match(await tab.textContent(".flame-says"), /^2 frames, 16\.0 %/);
  await tab.locator('.flame .frame[name="find"]').first().click();
  await tab.getByRole("button", { name: "Whole graph" }).click();
  assert.equal(await tab.inputValue(".flame input"), "");
});

for (const width of [360, 768, 1280, 1920]) {
  for (const colorScheme of ["light", "dark"]) {
    await test(`${width} px, ${colorScheme}: nothing overflows`, { colorScheme, viewport: { width, height: 800 } }, "sample.html", async (tab) => {
      assert.equal(await overflow(tab), 0);
      await tab.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
      assert.equal(await overflow(tab), 0);
      if (width === 360 || width === 1280) await shot(tab, `sample-${width}-${colorScheme}`);
    });
  }
}

await test("a window made narrower redraws", {}, "sample.html", async (tab) => {
  await tab.setViewportSize({ width: 400, height: 800 });
  await tab.waitForFunction(() => document.querySelector(".flame svg").clientWidth <= 400);
  await tab.waitForFunction(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
});

await test("exhibits are drawn, and the arenas step and play", {}, "exhibits.html", async (tab) => {
  const colours = await drawn(tab);
  assert.equal(colours.length, 4 + (await tab.locator(".exhibit .chart").count()));
  assert.ok(colours.every((n) => n > 1), `colours: ${colours}`);
  const says = () => tab.locator('[data-chart="arenas"] p').first().textContent();
  assert.match(await says(), /^1 of \d+: create /);
  await tab.getByRole("button", { name: "Next" }).click();
  assert.match(await says(), /^2 of /);
  await tab.getByRole("button", { name: "Back" }).click();
  assert.match(await says(), /^1 of /);
  await tab.getByRole("button", { name: "Play" }).click();
  await tab.waitForFunction(() => document.querySelector('[data-chart="arenas"] p').textContent.startsWith("2 of "));
  await tab.getByRole("button", { name: "Pause" }).click();
  await tab.getByRole("slider", { name: "Step" }).focus();
  await tab.keyboard.press("End");
  assert.match(await says(), /trim \u2013 0 blocks live in 0 arenas$/);
});

for (const width of [400, 1280])
  await test(`dots, ${width} px: the least figure is as readable as the greatest`, { viewport: { width, height: 900 } }, "exhibits.html", async (tab) => {
    // Pixels of the first subject's colour by rows of 8 px: its dots must stand at places of their own.
    const xs = await tab.$eval('[data-chart="dots"] canvas', (canvas) => {
      const colour = getComputedStyle(document.documentElement).getPropertyValue("--c1").trim();
      const want = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
      const { data, width: w, height: h } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Map();
      for (let y = 100; y < h; y++)
        for (let x = 0; x < w; x++)
          if (want.every((v, i) => Math.abs(data[4 * (y * w + x) + i] - v) < 4)) {
            const key = Math.floor(y / 8);
            seen.set(key, Math.min(seen.get(key) ?? w, x));
          }
      return [...seen.values()];
    });
    const spread = (Math.max(...xs) - Math.min(...xs)) / width;
    assert.ok(xs.length >= 5, `rows: ${xs.length}`); // five figures of ours
    assert.ok(spread > 0.15, `spread: ${spread}`); // 0.35 ns and 31 ns are two decades apart
  });

for (const [width, colorScheme] of [[360, "dark"], [1280, "light"]]) {
  await test(`exhibits, ${width} px: nothing overflows`, { colorScheme, viewport: { width, height: 800 } }, "exhibits.html", async (tab) => {
    await tab.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    assert.equal(await overflow(tab), 0);
    await tab.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = false)));
    await shot(tab, `exhibits-${width}-${colorScheme}`);
  });
}

await test("exhibits read without JavaScript", { javaScriptEnabled: false }, "exhibits.html", async (tab) => {
  await tab.locator("#exhibit-0 summary").click();
  assert.match(await tab.locator("#exhibit-0 table").innerText(), /threshold|asked/);
  assert.ok(!(await tab.locator(".exhibit").first().isVisible()));
});

await test("everything reads without JavaScript", { javaScriptEnabled: false }, "sample.html", async (tab) => {
  await shot(tab, "no-javascript");
  assert.equal(await tab.locator("noscript").count(), 1);
  assert.match(await tab.locator("table.calls").innerText(), /hw_pool_alloc/);
  assert.match(await tab.locator("table.figures").first().innerText(), /38\.2/);
  assert.ok(!(await tab.locator(".chart").first().isVisible()));
});

await test("without the bundle there are tables, and a word on top", {}, "plain.html", async (tab) => {
  assert.ok(await tab.locator("#no-charts").isVisible());
  assert.equal(await tab.locator("canvas").count(), 0);
  await tab.locator("table.calls th button").first().click();
  await shot(tab, "plain");
});

await test("hostile text stays text", {}, "hostile.html", async (tab) => {
  assert.equal(await tab.evaluate(() => window.pwned), undefined);
  assert.equal(await tab.locator("[data-evil], [onerror], [onmouseover], img").count(), 0);
  const links = await tab.$$eval("a", (all) => all.map((a) => a.protocol));
  assert.ok(links.every((p) => p === "file:"), `links: ${links}`);
  assert.match(await tab.textContent("h1"), /<script>window\.pwned=1<\/script>/);
  assert.doesNotMatch(await tab.evaluate(() => document.body.innerText), /[\u202e\u2028\u2029\u001b]/);
  await tab.mouse.move(200, 200);
  await shot(tab, "hostile");
});

await test("hostile text does not widen a narrow page", { viewport: { width: 360, height: 800 } }, "hostile.html", async (tab) => {
  assert.equal(await overflow(tab), 0);
});

await test("names and roles are there for those who do not see", {}, "sample.html", async (tab) => {
  const unnamed = await tab.evaluate(() =>
    [...document.querySelectorAll("button, [role=img], [role=region], input, nav")].filter(
      (e) => !(e.getAttribute("aria-label") || e.textContent.trim())
    ).length
  );
  assert.equal(unnamed, 0);
  assert.equal(await tab.locator("h1").count(), 1);
  await tab.keyboard.press("Tab");
  assert.match(await tab.evaluate(() => document.activeElement.textContent), /Skip to the points/);
});

await browser.close();
rmSync(folder, { recursive: true });
console.log(failed === 0 ? "all passed" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
