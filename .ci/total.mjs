// Adds the JSON reports of the test runs up. The argument is the number of steps that failed: one
// whose failure no report shows counts as a failed test.
import { readdirSync, readFileSync } from 'node:fs';

const failedSteps = Number(process.argv[2]);
const reports = new URL('../reports/', import.meta.url);

let passed = 0;
let failed = 0;
for (const name of listReports()) {
  const report = JSON.parse(readFileSync(new URL(name, reports), 'utf8'));
  passed += report.numPassedTests;
  // A file that could not be loaded has no tests and is a failure all the same.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  failed += report.numFailedTests + brokenFiles;
}
if (failed === 0) failed = failedSteps;
if (passed === 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function listReports() {
  try {
    return readdirSync(reports).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
