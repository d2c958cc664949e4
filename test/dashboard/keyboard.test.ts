/** Every page by keyboard and by ear: what the first key reaches, where the focus goes, what is read out. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { browserMissing, openBrowser, seen, signIn, visit } from '../support/browser.ts'
import { startFilled } from '../support/dashboard-data.ts'
import { adminToken } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** What opens a dialog, by the path of its page: a button's name, and the item of the menu where it opens one. */
const openers: readonly (readonly [path: string, button: string | RegExp, item?: string])[] = [
  ['/keys', 'Create key'],
  ['/keys', 'Actions for mobile app', 'Rotate'],
  ['/teams', 'Create team'],
  ['/users', 'Create user'],
  ['/budgets', 'Create budget'],
  ['/cache', 'Purge…'],
  ['/audit', /^Details of/],
  ['/overview', /^Go to…/],
]

test('every page, by keyboard and by ear', { skip: browserMissing }, async (t) => {
  const { stack, pages } = await startFilled(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)

  await t.test('the first key reaches the way past the navigation; one region speaks', async () => {
    for (const { name, path, shows } of pages) {
      await page.goto(path)
      await seen(page, shows).waitFor()
      await page.keyboard.press('Tab')
      assert.equal(await focused(page), 'Skip to the content', name)
      const address = page.url()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      const isPast = await page.evaluate(
        'document.querySelector("#content").contains(document.activeElement)',
      )
      assert.deepEqual([isPast, page.url()], [true, address], name)
      assert.deepEqual(await page.evaluate(structure), oneOfEach, name)
    }
  })

  await t.test('a way to a page leads to its heading', async () => {
    await page.goto('/overview')
    await page.locator('h1').waitFor()
    const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
    for (let index = (await links.count()) - 1; index >= 0; index--) {
      await links.nth(index).press('Enter')
      const title = page.locator('h1')
      await until('the focus on the heading', async () =>
        new URL(page.url()).pathname === (await links.nth(index).getAttribute('href'))?.split('?')[0] &&
        (await isFocused(title))
          ? true
          : undefined,
      )
    }
  })

  await t.test('what closes gives the focus back', async () => {
    for (const [path, name, item] of openers) {
      await page.goto(path)
      const opener = page.getByRole('button', { name }).first()
      await opener.press('Enter')
      if (item !== undefined) await page.getByRole('menuitem', { name: item }).press('Enter')
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      await until('the focus in the dialog', async () =>
        (await dialog.locator(':focus').count()) === 1 ? true : undefined,
      )
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await until(`the focus back on ${String(name)} of ${path}`, async () =>
        (await isFocused(opener)) ? true : undefined,
      )
    }
    await page.goto('/requests?route=assistant')
    const row = page.locator('[data-request]').first()
    await row.press('Enter')
    await page.getByRole('complementary', { name: 'Request' }).waitFor()
    await page.keyboard.press('Escape')
    await until('the focus back on the row', async () => ((await isFocused(row)) ? true : undefined))
  })

  await t.test('a key is made without a pointer', async () => {
    await page.goto('/overview')
    await seen(page, 'of them failed').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('k')
    await until('the keys', async () => ((await focused(page)) === 'Keys' ? true : undefined))
    await tabTo(page, 'Create key')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await until('the first field', async () =>
      (await isFocused(page.getByRole('dialog').getByLabel('Name'))) ? true : undefined,
    )
    await page.keyboard.type('by hand')
    await page.keyboard.press('Enter')
    await page.getByText(/^weir_/).waitFor()
    await tabTo(page, 'Done')
    await page.keyboard.press('Enter')
    await until('the focus back', async () => ((await focused(page)) === 'Create key' ? true : undefined))
    await page.getByRole('row').filter({ hasText: 'by hand' }).waitFor()
  })

  assert.deepEqual(faults, [])
})

const oneOfEach = { headings: 1, mains: 1, regions: 1, bareHeads: 0 }

const structure = `({
  headings: document.querySelectorAll('h1').length,
  mains: document.querySelectorAll('main').length,
  regions: document.querySelectorAll('[role=status], [role=log], [aria-live=polite]').length,
  bareHeads: document.querySelectorAll('th:not([scope])').length,
})`

/** The name of what has the focus. */
async function focused(page: Page): Promise<string> {
  const name = 'document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()'
  return String(await page.evaluate(name))
}

async function isFocused(place: Locator): Promise<boolean> {
  return place.evaluate((element) => element === element.ownerDocument.activeElement)
}

/** More than any page has between its heading and its action. */
const maxTabs = 30

async function tabTo(page: Page, name: string): Promise<void> {
  for (let tabs = 0; tabs < maxTabs; tabs++) {
    await page.keyboard.press('Tab')
    if ((await focused(page)) === name) return
  }
  assert.fail(`${name} is not reached by the Tab key`)
}
