// Runs test files one after the other, in the order given: runner.mjs FILE…
import path from 'node:path';
import { run } from 'node:test';
import report from './reporter.mjs';

const minutes = 60_000;

run({ files: process.argv.slice(2).map((file) => path.resolve(file)), concurrency: 1, timeout: 5 * minutes })
  .on('test:fail', () => { process.exitCode = 1; })
  .compose(report)
  .pipe(process.stdout);
