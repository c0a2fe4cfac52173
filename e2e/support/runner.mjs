// Runs test files two at a time, begun in the order given: runner.mjs FILE…
import path from 'node:path';
import { run } from 'node:test';
import report from './reporter.mjs';

const minutes = 60_000;

run({ files: process.argv.slice(2).map((file) => path.resolve(file)), concurrency: 2, timeout: 5 * minutes })
  .on('test:fail', () => { process.exitCode = 1; })
  .compose(report)
  .pipe(process.stdout);
