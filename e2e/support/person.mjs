// What people do in the browser, in the words that they read there.

export const password = 'correct horse battery staple';

export const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
export const fill = (page, label, text) => page.getByLabel(label, { exact: true }).fill(text);

export async function becomeOperator(page, setupLink, { name = 'Ada Operator', email = 'ada@example.com', company = 'Acme' } = {}) {
  await page.goto(setupLink);
  await fill(page, 'Your name', name);
  await fill(page, 'E-mail address', email);
  await fill(page, 'Password', password);
  await fill(page, 'Your company', company);
  await press(page, 'Create operator');
  await page.waitForURL('**/oauth/applications');
}

export async function signIn(page, identity) {
  await fill(page, 'E-mail address', identity.email);
  await fill(page, 'Password', identity.password);
  await press(page, 'Sign in');
}

/** On the sign-up page; the rest of it is left as it is. */
export async function fillSignUp(page, { name = 'Nora New', email, password }) {
  await fill(page, 'Your name', name);
  await fill(page, 'E-mail address', email);
  await fill(page, 'Password', password);
}

export async function signInToPortal(page, issuer, identity) {
  await page.goto(`${issuer}/oauth/applications`);
  await signIn(page, identity);
  await page.waitForURL('**/oauth/applications');
}

export async function openAccount(page, issuer, name, slug = '') {
  await page.goto(`${issuer}/accounts`);
  await fill(page, 'Name', name);
  await fill(page, 'Short name (optional)', slug);
  await press(page, 'Open account');
  await page.getByRole('status').filter({ hasText: name }).waitFor();
}

/** On an account's page: invites somebody, and reads the link, which is shown this once. */
export async function inviteByPage(page, email, role) {
  await page.getByRole('link', { name: 'Invite somebody' }).click();
  await fill(page, 'E-mail address', email);
  await page.getByRole('radio', { name: role }).check();
  await press(page, 'Make the link');
  return shown(page, 'link');
}

export async function fillAppForm(page, { name, kind = 'Web app', redirects = [] }) {
  await fill(page, 'Name', name);
  await page.getByRole('radio', { name: kind }).check();
  await page.getByLabel('Redirect URIs').fill(redirects.join('\n'));
  await press(page, 'Register app');
}

/** Registers an app and reads its credentials, which are shown this once. */
export async function registerApp(page, issuer, draft) {
  await page.goto(`${issuer}/oauth/applications/new`);
  await fillAppForm(page, draft);
  await page.getByRole('heading', { name: 'Your credentials' }).waitFor();
  const app = { client_id: await shown(page, 'client_id') };
  if (draft.kind === undefined) app.client_secret = await shown(page, 'client_secret');
  return { ...app, page: new URL(await goOn(page).getAttribute('href'), issuer).href };
}

/** The way on from a page that shows something once. */
export const goOn = (page) => page.getByRole('main').getByRole('link', { name: /^(I have stored it|I have it|Go to the app)$/ });

/** The text of a box that is made to be copied. */
export const shown = async (page, id) => (await page.locator(`code#${id}`).textContent()).trim();

export async function createToken(page, name) {
  const label = page.getByLabel('Name', { exact: true });
  if (!await label.isVisible()) await page.getByText('Create a personal token').click();
  await label.fill(name);
  await press(page, 'Create token');
  return shown(page, 'token');
}

export const authorizeURL = (issuer, app, redirectURI, more = {}) =>
  `${issuer}/oauth/authorize?${new URLSearchParams({ response_type: 'code', client_id: app.client_id, redirect_uri: redirectURI, ...more })}`;

/** On the consent page: lets exactly these accounts go along. */
export async function chooseAccounts(page, ...names) {
  await page.getByRole('radio', { name: 'Only some' }).check();
  for (const box of await page.getByRole('group', { name: /^Choose from your/ }).getByRole('checkbox').all()) await box.uncheck();
  for (const name of names) await page.getByRole('checkbox', { name }).check();
}

export const authorizeButton = (page) => page.getByRole('button', { name: /^Authorize / });

/** Authorizes an app whose redirect URI leads to no server, and arrives there. */
export async function authorizeAndArrive(page, redirectURI) {
  await page.route(`${redirectURI}?**`, (route) => route.fulfill({ contentType: 'text/html', body: 'back at the app' }));
  await authorizeButton(page).click();
  await page.waitForURL(`${redirectURI}?**`);
}

/** Presses a button although the browser itself would find the form wanting. */
export async function pressAnyway(page, name) {
  await page.evaluate(() => { for (const form of document.forms) form.noValidate = true; });
  await press(page, name);
}
