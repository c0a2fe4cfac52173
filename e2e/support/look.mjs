// Looks at a page as it is: on a phone and on a desk, by day and by night, and with the Tab key.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const shots = path.join(path.dirname(fileURLToPath(import.meta.url)), '../shots');
await mkdir(shots, { recursive: true });

const widths = { zoomed: 320, phone: 390, tablet: 700, desk: 1280 }; // 320 px are what 1280 px are at 400 %
const mostStops = 200;

/** Checks the page and keeps pictures of it under the given name. Everything found is told at once. */
export async function look(page, name) {
  await page.waitForLoadState();
  const found = await page.evaluate(() => inspect.structure());
  for (const [where, width] of Object.entries(widths)) {
    await page.setViewportSize({ width, height: 900 });
    found.push(...await page.evaluate(() => inspect.layout()));
    if (where === 'phone' || where === 'desk') found.push(...await inBothSchemes(page, `${name}-${where}`));
  }
  found.push(...await walkByTab(page));
  found.push(...page.mishaps.splice(0));
  if (found.length) throw new Error(`${name} at ${new URL(page.url()).pathname}:\n${[...new Set(found)].map((line) => `  - ${line}`).join('\n')}`);
}

async function inBothSchemes(page, name) {
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await page.evaluate(() => inspect.contrast())).map((line) => `${colorScheme}: ${line}`));
    // Drawing the longest pages is this machine's work and not the server's; beside other tests it may take its time.
    await page.screenshot({ path: path.join(shots, `${name}-${colorScheme}.png`), fullPage: true, timeout: 60_000 });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** Tab must come by everything that can be used, and show where it is. */
async function walkByTab(page) {
  const found = [];
  const stops = await page.evaluate(() => inspect.stops());
  const reached = new Set();
  await page.evaluate(() => inspect.startOfPage());
  for (let i = 0; i < mostStops; i++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => inspect.focused());
    if (focus === null || reached.has(focus.stop)) break;
    if (focus.stop >= 0) reached.add(focus.stop);
    found.push(...focus.found);
  }
  return [...found, ...stops.filter((_, i) => !reached.has(i)).map((stop) => `Tab does not reach ${stop}`)];
}
