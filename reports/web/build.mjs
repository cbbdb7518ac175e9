// build.mjs -- bundles src/charts.js with ECharts and d3-flame-graph into one script.
//
//   node build.mjs MODULES OUT     MODULES: a folder with node_modules; OUT/charts.js comes out
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [modules, out] = process.argv.slice(2).map((p) => resolve(p));
if (!out) {
  console.error("usage: node build.mjs MODULES OUT");
  process.exit(2);
}
const { build } = createRequire(join(modules, "package.json"))("esbuild");
const here = dirname(fileURLToPath(import.meta.url));

await build({
  entryPoints: [join(here, "src", "charts.js")],
  outfile: join(out, "charts.js"),
  nodePaths: [join(modules, "node_modules")],
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020"],
  charset: "utf8",
  legalComments: "inline",
  loader: { ".css": "empty" }, // the page has its own style, named in its policy
  logLevel: "warning",
});
