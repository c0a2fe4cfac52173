// One line for each test, the whole story of each failure, and how many there were.
import path from 'node:path';
import { inspect } from 'node:util';

export default async function* report(events) {
  const failures = [];
  const depth = new Map(); // of the last test of each file
  let passed = 0;
  for await (const { type, data } of events) {
    if (type === 'test:stderr') yield data.message;
    if (type === 'test:diagnostic' && data.message.startsWith('note: ')) yield `       ${data.message.slice(6)}\n`;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const hasSteps = depth.get(data.file) > data.nesting;
    depth.set(data.file, data.nesting);
    if (type === 'test:fail') {
      // What fails only because a step in it failed is that step's failure.
      if (data.details.error?.failureType === 'subtestsFailed') continue;
      failures.push(data);
      yield `FAILED ${data.name}\n`;
    } else if (!hasSteps && path.resolve(data.name) !== data.file) {
      passed++;
      yield `ok     ${data.name}\n`;
    }
  }
  for (const { name, file, details } of failures) yield `\n--- ${name} (${path.basename(file ?? '')})\n${story(details.error)}\n`;
  yield `\n${passed} passed, ${failures.length} failed\n`;
}

function story(error) {
  const cause = error?.cause ?? error;
  const text = typeof cause === 'string' ? cause : cause?.stack ?? inspect(cause);
  return text.split('\n').filter((line) => !/^\s+at .*node:internal/.test(line)).join('\n');
}
