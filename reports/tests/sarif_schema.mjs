// sarif_schema.mjs -- our SARIF against the schema that goes with the standard.
//
// usage: node sarif_schema.mjs MODULES SAMPLE_REPORT
//   MODULES        where npm put the packages: the schema (in @microsoft/jest-sarif) and ajv
//   SAMPLE_REPORT  the program that writes the sample reports
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [modules, sampleReport] = process.argv.slice(2);
const require = createRequire(join(modules, "node_modules", "x.js"));
const Ajv = require("ajv");
const ajv = new Ajv({ schemaId: "auto", meta: false, allErrors: true, unknownFormats: "ignore" });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
const validate = ajv.compile(require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));

const folder = mkdtempSync(join(tmpdir(), "objlab-sarif-"));
try {
  execFileSync(sampleReport, [folder, folder]);
  for (const name of ["sample.sarif", "hostile.sarif", "empty.sarif"]) {
    const log = JSON.parse(readFileSync(join(folder, name), "utf8"));
    assert.ok(validate(log), `${name}: ${JSON.stringify(validate.errors, null, 1)}`);
    const { results, tool } = log.runs[0];
    for (const result of results) assert.equal(tool.driver.rules[result.ruleIndex].id, result.ruleId);
    console.log(`ok ${name}: ${results.length} results`);

    // The schema does refuse.
    delete log.runs[0].tool.driver.name;
    assert.ok(!validate(log));
  }
} finally {
  rmSync(folder, { recursive: true });
}
