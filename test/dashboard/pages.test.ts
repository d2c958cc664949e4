/**
 * Every page of the dashboard, over one gateway and one browser: accessible in both themes and two widths, without a
 * button that somebody's roles do not reach, and deaf to what outsiders write.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import test from 'node:test'
import type { Browser, Page } from 'playwright-core'
import {
  browserMissing,
  keepScreenshot,
  openBrowser,
  seen,
  signIn,
  type Theme,
  visit,
  type Width,
} from '../support/browser.ts'
import { type FilledPage, startFilled } from '../support/dashboard-data.ts'
import { fillHostile } from '../support/hostile-data.ts'
import { createPerson } from '../support/people.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** All four in CI, which keeps the pictures; else each theme and each width once. */
const isWhole = process.env['CI'] !== undefined || process.env['WEIR_PROVE'] !== undefined
const widths: Readonly<Record<Theme, readonly Width[]>> = isWhole
  ? { light: [1440, 390], dark: [1440, 390] }
  : { light: [1440], dark: [390] }

test('every page', { skip: browserMissing }, async (t) => {
  const { stack, pages } = await startFilled(t)
  const browser = await openBrowser(t)

  await t.test('is looked at here: each address of the router has one', () => {
    for (const path of routerPaths()) {
      const pattern = new RegExp(`^${path.replaceAll(/\$\w+/g, '[^/?]+')}(\\?|$)`)
      assert.ok(
        pages.some((page) => pattern.test(page.path)),
        `no page of ${path} in test/support/dashboard-data.ts`,
      )
    }
  })

  for (const theme of ['light', 'dark'] as const) {
    for (const width of widths[theme]) {
      await t.test(`shows what it should, accessibly: ${theme}, ${width}`, async () => {
        const { context, page, faults } = await visit(browser, stack, { theme, width })
        await signIn(page, adminToken)
        const findings: string[] = []
        for (const { name, path, shows } of pages) {
          await page.goto(path)
          await seen(page, shows).waitFor()
          await keepScreenshot(page, `${name}-${theme}-${width}`)
          findings.push(...(await findingsOf(page)).map((finding) => `${name}: ${finding}`))
        }
        assert.deepEqual([findings, faults], [[], []])
        await context.close()
      })
    }
  }

  for (const role of isWhole ? (['viewer', 'auditor'] as const) : (['viewer'] as const)) {
    await t.test(`offers nothing to a ${role} that is refused`, async () => {
      const person = await createPerson(stack, role, [{ role }])
      await trySafely(browser, stack, { cookie: person.cookie, pages })
    })
  }

  await t.test('shows what outsiders write, and runs none of it', async () => {
    const hostile = await fillHostile(stack)
    const { context, page, faults } = await visit(browser, stack)
    await signIn(page, adminToken)
    for (const path of [...pages.map((each) => each.path), ...hostile]) {
      // A thing of a hostile name that does not exist is told as 404, which the browser notes on its console.
      await page.goto(path)
      await page.locator('h1').waitFor()
      await until('the data', async () =>
        (await page.locator('.mantine-Skeleton-root').count()) === 0 ? true : undefined,
      )
      const markup = 'document.querySelectorAll("#root script, #root iframe, #root img").length'
      assert.equal(await page.evaluate(markup), 0, path)
    }
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('status of 404')),
      [],
    )
    await context.close()
  })
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
  t.diagnostic(`${sizes.length} files, ${total} bytes`)
  assert.ok(total > 100_000 && total <= maxFirstLoadBytes, `${total} bytes`)
})

/** Read from its text: the module itself needs a browser. The start only leads on. */
function routerPaths(): string[] {
  const text = readFileSync(resolve(import.meta.dirname, '../../dashboard/src/router.tsx'), 'utf8')
  const paths = [...text.matchAll(/path: '([^']+)'/g)].map(([, path]) => path!)
  assert.ok(paths.length > 20)
  return paths.filter((path) => path !== '/')
}

interface Round {
  /** Of somebody's session. */
  readonly cookie: string
  readonly pages: readonly FilledPage[]
}

/** Buttons that every page has, or that are the same thing on many. */
const alike = /^(Show as|Export|Copy|Go to…|Account and|Open the nav|Skip to)/

/** Presses every button of every page: none may change anything, be refused, or open a form. */
async function trySafely(browser: Browser, stack: Stack, { cookie, pages }: Round): Promise<void> {
  const { context, page, faults } = await visit(browser, stack)
  const [name = '', value = ''] = cookie.split('=')
  await context.addCookies([{ name, value, url: stack.gateway.url }])
  const refused: string[] = []
  page.on('response', (response) => {
    const method = response.request().method()
    if (method !== 'GET' || response.status() === 403)
      refused.push(`${method} ${response.url()} ${response.status()} on ${page.url()}`)
  })
  for (const { path, shows } of pages) {
    await page.goto(path)
    await seen(page, shows).or(page.getByText('You do not have access')).waitFor()
    for (const label of await labelsOf(page)) {
      const button = page.getByRole('button', { name: label, exact: true }).first()
      if (!(await button.isVisible()) || !(await button.isEnabled())) continue
      await button.click()
      const forms = await page.locator('[role=dialog] button[type=submit]').count()
      assert.equal(forms, 0, `"${label}" of ${path} opens a form`)
      if ((await page.locator('[role=dialog]').count()) > 0) await page.keyboard.press('Escape')
    }
  }
  assert.deepEqual(refused, [])
  assert.deepEqual(faults, [])
  await context.close()
}

async function labelsOf(page: Page): Promise<readonly string[]> {
  const labels = (await page.evaluate(
    '[...document.querySelectorAll("main button:not(:disabled)")].map((button) => button.ariaLabel ?? button.innerText)',
  )) as string[]
  // Of buttons that differ by a number alone, as those of the rows of a table, one stands for all.
  const kinds = new Map(labels.map((label) => [label.trim().replaceAll(/\d+/g, '#'), label.trim()]))
  return [...kinds.values()].filter((label) => label !== '' && !alike.test(label))
}

/** What axe finds that is serious or worse, and whether the page is wider than its window. */
async function findingsOf(page: Page): Promise<string[]> {
  // The page's policy refuses injected scripts; a debugger's evaluation is none.
  await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`)
  const { passes, violations } = (await page.evaluate('axe.run()')) as {
    passes: unknown[]
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  assert.ok(passes.length > 10, 'axe looked at the page')
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
  const sideways = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  return sideways === 0 ? serious : [...serious, `scrolls sideways by ${String(sideways)}`]
}
