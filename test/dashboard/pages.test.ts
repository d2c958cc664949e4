/** Every page of the dashboard, in both themes and two widths: it shows what it should, accessibly, and stays in its policy. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import type { Page } from 'playwright-core'
import {
  browserMissing,
  keepScreenshot,
  openBrowser,
  signIn,
  type Theme,
  visit,
  type Width,
} from '../support/browser.ts'
import { startFilled } from '../support/dashboard-data.ts'
import { adminToken, startStack } from '../support/stack.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** All four in CI, which keeps the pictures; else each theme and each width once. */
const isWhole = process.env['CI'] !== undefined || process.env['WEIR_PROVE'] !== undefined
const widths: Readonly<Record<Theme, readonly Width[]>> = isWhole
  ? { light: [1440, 390], dark: [1440, 390] }
  : { light: [1440], dark: [390] }

test('each page in both themes and widths', { skip: browserMissing }, async (t) => {
  const { stack, pages } = await startFilled(t)
  const browser = await openBrowser(t)
  for (const theme of ['light', 'dark'] as const) {
    for (const width of widths[theme]) {
      const { context, page, faults } = await visit(browser, stack, { theme, width })
      await signIn(page, adminToken)
      for (const { name, path, shows } of pages) {
        await page.goto(path)
        await page.getByText(shows).first().waitFor({ state: 'attached' })
        await inspect(page, name, theme, width)
      }
      assert.deepEqual(faults, [], `${theme}, ${width}`)
      await context.close()
    }
  }
})

/** What a browser fetches before the first page stands, compressed as it is sent. */
const maxFirstLoadBytes = 250_000

test('the first load is small', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const browser = await openBrowser(t)
  const { page } = await visit(browser, stack)
  const sizes: Promise<number>[] = []
  page.on('requestfinished', (request) => {
    if (/\.(js|css)$/.test(new URL(request.url()).pathname))
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
  })
  await signIn(page, adminToken)
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  assert.ok(total > 100_000 && total <= maxFirstLoadBytes, `${total} bytes`)
})

async function inspect(page: Page, name: string, theme: Theme, width: Width): Promise<void> {
  await keepScreenshot(page, `${name}-${theme}-${width}`)
  const sideways = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.equal(sideways, 0, `${name} at ${width} scrolls sideways`)
  assert.deepEqual(await findingsOf(page), [], `${name}, ${theme}, ${width}`)
}

/** What axe finds that is serious or worse. */
async function findingsOf(page: Page): Promise<string[]> {
  // The page's policy refuses injected scripts; a debugger's evaluation is none.
  await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`)
  const { passes, violations } = (await page.evaluate('axe.run()')) as {
    passes: unknown[]
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  assert.ok(passes.length > 10, 'axe looked at the page')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
}
