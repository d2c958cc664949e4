/** The system's Chromium on the dashboard of a gateway, watched for whatever a page must never do. */

import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import type { Lifetime, Stack } from './stack.ts'

const root = resolve(import.meta.dirname, '../..')
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))
const screenshots = join(root, 'dashboard/screenshots')

/** Why the dashboard cannot be tested here, for `skip`; false where it can. */
export const browserMissing: string | false = !executablePath
  ? 'no Chromium in /usr/bin'
  : !existsSync(join(root, 'dashboard/dist/index.html')) && 'the dashboard is not built: npm run dashboard'

export async function openBrowser(t: Lifetime): Promise<Browser> {
  const browser = await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.after(() => browser.close())
  return browser
}

export type Theme = 'light' | 'dark'
export type Width = 1440 | 390

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** What the page did that it must not: policy violations, dialogs, requests elsewhere, errors on its console. */
  readonly faults: readonly string[]
}

export async function visit(
  browser: Browser,
  { gateway }: { readonly gateway: Pick<Stack['gateway'], 'url'> },
  { theme = 'light', width = 1440 }: { readonly theme?: Theme; readonly width?: Width } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: gateway.url,
    colorScheme: theme,
    viewport: { width, height: 900 },
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  })
  // Longer than any page takes on a machine that does much else; what never comes fails all the same.
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== gateway.url && url.protocol !== 'data:') faults.push(`request to ${url.href}`)
  })
  page.on('console', (message) => {
    // A 401 is how the dashboard learns that it has to ask who is there.
    if (message.type() === 'error' && !message.text().includes('status of 401'))
      faults.push(`console: ${message.text()} ${message.location().url}`)
  })
  return { context, page, faults }
}

/** Signs in by the card, as a person does. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.goto('/')
  const other = page.getByRole('button', { name: 'Use the admin token instead' })
  const field = page.getByLabel('Admin token')
  // Where people have accounts, these come first.
  await field.or(other).first().waitFor()
  if (await other.isVisible()) await other.click()
  await field.fill(token)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
}

/** The first place where that text is seen: what is closed, and the choices of a field, may hold it too. */
export function seen(page: Page, text: string): Locator {
  return page.getByText(text).filter({ visible: true }).first()
}

/** Waits until the focus is on that button of a dialog, which gets it a moment after it is shown. */
export function beginsAt(dialog: Locator, button: string): Promise<void> {
  return dialog
    .locator('button:focus')
    .filter({ hasText: new RegExp(`^${button}$`) })
    .waitFor()
}

/** Types a text into each of the fields of that label, and presses a button: faster than an address could follow. */
export async function typeAtOnce(
  page: Page,
  label: string,
  texts: readonly string[],
  button = '',
): Promise<void> {
  await page.evaluate(`(async () => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')
    const type = (field, text) => {
      set.call(field, text)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }
    const fields = document.querySelectorAll('input[aria-label="${label}"]')
    for (const [at, text] of ${JSON.stringify(texts)}.entries()) {
      type(fields[at], '')
      // Handlers see each letter, but no other task comes between.
      for (const letter of text) await type(fields[at], fields[at].value + letter)
    }
    await [...document.querySelectorAll('button')].find((one) => one.textContent === '${button}')?.click()
  })()`)
}

/** Kept for people to look at; CI keeps the folder. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  // A list that draws only what is in view has nothing to show below it.
  const fullPage = (await page.getByRole('table', { name: 'Requests', exact: true }).count()) === 0
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage })
}
