// Runs inside every page before its own script. inspect.* answer with what is wrong, in words.
globalThis.inspect = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const controls = 'input:not([type=hidden]), select, textarea';
  const targets = `a[href], button, summary, ${controls}`;
  const words = (e) => e.textContent.replace(/\s+/g, ' ').trim();
  const describe = (e) => `${e.tagName.toLowerCase()} “${(nameOf(e) || e.id || e.getAttribute('name') || '').slice(0, 60)}”`;

  /** Drawn, and not cut down to a point for screen readers only. */
  function visible(e) {
    const box = e.getBoundingClientRect();
    return e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box.width > 1 && box.height > 1 && getComputedStyle(e).clipPath === 'none';
  }

  /** A plain reading of the accessible name. */
  function nameOf(e) {
    const by = (e.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean);
    if (by.length) return by.map((id) => words(document.getElementById(id) ?? e)).join(' ');
    if (e.ariaLabel) return e.ariaLabel;
    if (e.matches(controls)) return [...e.labels].map(words).join(' ');
    return words(e) || all('img[alt]', e).map((i) => i.alt).join(' ');
  }

  // --- What a page is made of -------------------------------------------------------------------------------

  const structure = () => [head, headings, landmarks, names, references, mistakes].flatMap((check) => check());

  function head() {
    const found = [];
    if (!document.documentElement.lang) found.push('no lang');
    if (!/\S.* · \S/.test(document.title)) found.push(`title “${document.title}” does not name the page and the site`);
    return found;
  }

  function headings() {
    const found = [];
    const levels = all('h1, h2, h3, h4, h5, h6').filter((h) => h.checkVisibility()).map((h) => [Number(h.tagName[1]), words(h)]);
    const first = levels.filter(([level]) => level === 1);
    if (first.length !== 1 || !first[0][1]) found.push(`${first.length} h1`);
    levels.forEach(([level, text], i) => {
      const before = i === 0 ? 0 : levels[i - 1][0];
      if (level > before + 1) found.push(`h${level} “${text}” follows h${before}`);
    });
    return found;
  }

  function landmarks() {
    const found = ['header', 'main', 'footer'].flatMap((tag) => {
      const n = all(`body > ${tag}`).length;
      return n === 1 ? [] : [`${n} ${tag}`];
    });
    const skip = document.querySelector('body a[href]');
    if (skip?.getAttribute('href') !== '#main' || !document.querySelector('main#main')) found.push('the first link does not skip to #main');
    const outside = all('body > *').filter((e) => !e.matches('header, main, footer, script') && e !== skip);
    found.push(...outside.map((e) => `${describe(e)} is outside of all landmarks`));
    found.push(...all('nav').filter((n) => !nameOf(n)).map(() => 'a nav without a name'));
    return found;
  }

  function names() {
    const found = all(targets).filter((e) => visible(e) && !nameOf(e)).map((e) => `no name: ${e.outerHTML.slice(0, 120)}`);
    found.push(...all('fieldset').filter((f) => f.checkVisibility() && !f.querySelector('legend')).map(() => 'a fieldset without a legend'));
    found.push(...all('svg').filter((s) => s.ariaHidden !== 'true' && !nameOf(s)).map(() => 'an svg that is neither hidden nor named'));
    found.push(...all('[aria-hidden=true]').filter((e) => e.matches(targets) && e.tabIndex >= 0).map((e) => `${describe(e)} is hidden but takes focus`));
    found.push(...all('th').filter((c) => !words(c)).map(() => 'a table column without a heading'));
    return found;
  }

  function references() {
    const ids = all('[id]').map((e) => e.id);
    const found = ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `id “${id}” twice`);
    for (const attribute of ['for', 'form', 'aria-describedby', 'aria-labelledby', 'aria-errormessage', 'aria-controls']) {
      for (const e of all(`[${attribute}]`)) {
        const missing = e.getAttribute(attribute).split(' ').filter((id) => !document.getElementById(id));
        found.push(...missing.map((id) => `${attribute}=“${id}” on ${describe(e)} leads nowhere`));
      }
    }
    return found;
  }

  /** Each line of the summary of mistakes leads to a field that says itself that it is wrong, and why. */
  function mistakes() {
    return all('[role=alert] a[href^="#"]').flatMap((link) => {
      const field = document.getElementById(link.hash.slice(1));
      if (!field) return [`“${words(link)}” leads nowhere`];
      const found = [];
      if (!field.matches(`${controls}, fieldset, [tabindex]`)) found.push(`“${words(link)}” leads to ${describe(field)}, not to a field`);
      if (field.matches(controls) && field.ariaInvalid !== 'true') found.push(`${describe(field)} is wrong without aria-invalid`);
      const explained = (field.getAttribute('aria-describedby') ?? '').split(' ').some((id) => words(document.getElementById(id) ?? document.createElement('p')).includes(words(link)));
      if (field.matches(`${controls}, fieldset`) && !explained) found.push(`${describe(field)} is not described by its mistake (aria-describedby)`);
      return found;
    });
  }

  // --- How it is laid out -----------------------------------------------------------------------------------

  const layout = () => [...sideways(), ...small(), ...brokenButtons()];

  /** Words on a button in a table stand on one line. */
  const brokenButtons = () => all('td .button').map((b) => [b, b.getBoundingClientRect().height]).filter(([, height]) => height > smallest + 2)
    .map(([b, height]) => `broken in its table at ${innerWidth} px: ${describe(b)}, ${Math.round(height)} px high`);

  function sideways() {
    const page = document.scrollingElement;
    if (page.scrollWidth <= innerWidth) return outOfCards();
    const wide = all('body *').filter((e) => visible(e) && e.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(e.parentElement));
    const innermost = wide.filter((e) => !wide.some((other) => other !== e && e.contains(other)));
    return [`scrolls sideways at ${innerWidth} px: ${page.scrollWidth} px wide because of ${innermost.slice(0, 3).map(describe).join(', ')}`];
  }

  /** What is on a card stays on it. */
  function outOfCards() {
    const out = all(`${targets}, p, span, strong, code, td, h1, h2, h3`, document.body).filter((e) => {
      const card = painted(e.parentElement);
      return card && visible(e) && !scrolls(e.parentElement) && e.getBoundingClientRect().right > card.getBoundingClientRect().right + 1;
    });
    return out.length ? [`sticks out of its card at ${innerWidth} px: ${out.slice(0, 3).map(describe).join(', ')}`] : [];
  }

  function painted(e) {
    if (e === null || e === document.body) return null;
    const { display, borderRightWidth, backgroundColor } = getComputedStyle(e);
    const edged = display !== 'inline' && (parseFloat(borderRightWidth) > 0 || rgba(backgroundColor)[3] > 0);
    return edged ? e : painted(e.parentElement);
  }

  const scrolls = (e) => e !== null && e !== document.body && (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));

  const smallest = 44;

  /** One line for each kind of element, or a long list would fill the report. */
  function small() {
    const found = new Map();
    for (const e of all(targets).filter((e) => visible(e) && !inText(e))) {
      const box = pressable(e).getBoundingClientRect();
      if (box.width >= smallest - 0.5 && box.height >= smallest - 0.5) continue;
      found.set(e.tagName, [...found.get(e.tagName) ?? [], `${describe(e)} of ${Math.round(box.width)}×${Math.floor(box.height)}`]);
    }
    return [...found.values()].map((list) => `targets under ${smallest} px: ${list.slice(0, 3).join(', ')}${list.length > 3 ? ` and ${list.length - 3} more` : ''}`);
  }

  /** A box is pressed by its label too, and a link that is stretched over its row by the row. */
  function pressable(e) {
    if (e.matches('[type=checkbox], [type=radio]')) return e.labels[0] ?? e;
    return stretched(e) ? e.offsetParent ?? e : e;
  }

  function stretched(e) {
    const { content, position } = getComputedStyle(e, '::after');
    return content !== 'none' && position === 'absolute';
  }

  /** Links among words are as high as the words; so are the lines of a summary of mistakes, and the way past the bar. */
  function inText(e) {
    if (e.matches('[role=alert] a, [href="#main"]')) return true;
    if (!e.matches('a') || getComputedStyle(e).display !== 'inline') return false;
    const block = e.closest('p, li, dd, td, h1, h2, h3, h4, div');
    return words(block) !== words(e);
  }

  // --- Whether it can be read -------------------------------------------------------------------------------

  function contrast() {
    const worst = new Map(); // one line for each pair of colours
    for (const { e, colour, where } of written()) {
      const style = getComputedStyle(e);
      const paper = behind(e);
      const ink = over(rgba(colour), paper);
      const size = parseFloat(style.fontSize);
      const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
      const ratio = ratioOf(ink, paper);
      if (ratio < needed) worst.set(`${ink}${paper}`, `contrast ${ratio.toFixed(2)}, needs ${needed}: ${where}`);
    }
    return [...worst.values()];
  }

  /** Every text on the page with its colour, placeholders too. */
  function* written() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      const e = node.parentElement;
      if (node.data.trim() && visible(e) && !e.closest('option, .skip')) yield { e, colour: getComputedStyle(e).color, where: `“${node.data.trim().slice(0, 50)}”` };
    }
    for (const e of all('[placeholder]')) {
      if (visible(e) && !e.value) yield { e, colour: getComputedStyle(e, '::placeholder').color, where: `placeholder “${e.placeholder}”` };
    }
  }

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  function rgba(colour) {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(colour);
  }

  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => Math.round((c * a + below[i] * (255 - a)) / 255));

  function behind(e) {
    if (e === null) return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
    const own = rgba(getComputedStyle(e).backgroundColor);
    return own[3] === 255 ? own.slice(0, 3) : over(own, behind(e.parentElement));
  }

  const luminance = (colour) => colour.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  function ratioOf(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  // --- Where the focus is -----------------------------------------------------------------------------------

  const focusRing = 3;

  /** What Tab must reach: of a group of radio buttons only one. */
  const stops = () => all(`${targets}, [tabindex="0"]`).filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }) && !standsIn(e));
  const standsIn = (e) => e.type === 'radio' && !e.checked && all(`input[type=radio][name="${e.name}"]`, e.form ?? document).some((r) => r.checked);

  function startOfPage() {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    scrollTo(0, 0);
  }

  /** The element that has the focus: its number among the stops, its name, and what is wrong with how it shows. */
  function focused() {
    const e = document.activeElement;
    if (e === document.body || e === null) return null;
    const style = getComputedStyle(e, stretched(e) ? '::after' : null); // then the ring is around the row
    const box = e.getBoundingClientRect();
    const found = [];
    if (!visible(e)) found.push(`focus on something that cannot be seen: ${describe(e)}`);
    else if (box.bottom <= 0 || box.top >= innerHeight) found.push(`focus is scrolled out of sight: ${describe(e)}`);
    if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < focusRing) found.push(`no focus ring of ${focusRing} px: ${describe(e)}`);
    else if (ratioOf(over(rgba(style.outlineColor), behind(e.parentElement)), behind(e.parentElement)) < 3) found.push(`focus ring hardly shows: ${describe(e)}`);
    return { stop: stops().indexOf(e), name: nameOf(e), found };
  }

  return { structure, layout, contrast, focused, startOfPage, stops: () => stops().map(describe) };
})();

addEventListener('securitypolicyviolation', (event) => console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
