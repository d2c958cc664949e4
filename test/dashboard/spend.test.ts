/** The spend: its totals are those of the ledger however it is told apart, its exports parse, and bills are held against it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { asArray, asObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner, createPerson } from '../support/people.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'

const messages = [{ role: 'user', content: 'Hello' }]
/** Dear, so that what a few calls cost has cents to it. */
const price = { price: { input: 100_000, output: 100_000 } }
const config = { models: { 'openai/*': price, 'claude/*': price } }

async function fill(stack: Stack): Promise<void> {
  const ask = async (model: string, headers: Record<string, string> = {}) =>
    (await stack.post('/v1/chat/completions', { model, messages }, headers)).text()
  await ask('openai/echo', { 'x-weir-user': 'ada', 'x-weir-tags': 'support' })
  await ask('openai/words-20', { 'x-weir-user': 'bob', 'x-weir-session': 'talk' })
  await ask('claude/echo')
}

async function ledgerUsd(stack: Stack, query = ''): Promise<number> {
  const lines = asArray((await stack.admin(`/ledger?limit=1000${query}`))['data'])
  return lines.reduce<number>((sum, line) => sum + Number(asObject(line)?.['charged_usd']), 0)
}

const totalRow = (page: Page) => page.getByRole('row', { name: /^Total/ })

async function exported(page: Page, form: string): Promise<string> {
  await page.getByRole('button', { name: 'Export', exact: true }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: form, exact: true }).click()
  return readFileSync(await (await download).path(), 'utf8')
}

test('totals are those of the ledger, and exports have all of it', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config })
  await fill(stack)
  const usd = await ledgerUsd(stack)
  assert.ok(usd > 1)
  const cap = { scope: 'organisation', usd: (2 * usd).toFixed(2), period: 'month' }
  await asOwner(stack)('POST', '/budgets', cap)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/spend')
  const told = `$${usd.toFixed(2)}`
  const headline = page.getByRole('region', { name: 'Month to date' })
  await headline.getByText(told, { exact: true }).waitFor()
  await totalRow(page).getByText(told, { exact: true }).first().waitFor()
  await page.getByText(`${told} this month`).waitFor()
  await page.getByText('Budget, a day').waitFor()
  for (const [dimension, row] of [
    ['Provider', 'openai'],
    ['Key', 'test'],
    ['User', 'no user'],
    ['Session', 'talk'],
    ['Tag', 'no tag'],
    ['Team', 'no team'],
  ] as const) {
    await page
      .getByRole('radiogroup', { name: 'Told apart by' })
      .getByText(dimension, { exact: true })
      .click()
    await page.getByRole('row').filter({ hasText: row }).waitFor()
    await totalRow(page).getByText(told, { exact: true }).first().waitFor()
    assert.equal(new URL(page.url()).searchParams.get('by'), dimension.toLowerCase())
  }
  await page.getByText('Cumulative', { exact: true }).click()
  await page.getByText('Budget', { exact: true }).waitFor()
  await page.getByText('Daily', { exact: true }).click()

  const csv = (await exported(page, 'CSV')).trimEnd().split('\r\n')
  assert.equal(csv.length, 4)
  const lines = (await exported(page, 'JSON Lines')).trimEnd().split('\n')
  const sum = lines.reduce((all, line) => all + Number(asObject(JSON.parse(line))?.['charged_usd']), 0)
  assert.ok(Math.abs(sum - usd) < 1e-9)
  const table = (await exported(page, 'Table as CSV')).trimEnd().split('\r\n')
  assert.match(table[0] ?? '', /^Team,Charged,/)
  const [head = '', ...rows] = (await exported(page, 'FOCUS 1.2')).trimEnd().split('\r\n')
  assert.ok(head.startsWith('BilledCost,BillingAccountId,'))
  assert.equal(rows.length, 3)

  await page.goto('/spend?by=user')
  await page.getByRole('link', { name: 'ada' }).click()
  await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
  const { searchParams } = new URL(page.url())
  assert.deepEqual([searchParams.get('user'), searchParams.get('range')], ['ada', 'mtd'])
  await page.goto('/spend?provider=claude')
  const less = `$${(await ledgerUsd(stack, '&provider=claude')).toFixed(3)}`
  await headline.getByText(less, { exact: true }).waitFor()
  await totalRow(page).getByText(less, { exact: true }).first().waitFor()
  await page.goto('/spend?from=2026-01-01T00:00Z&to=2026-01-02T00:00Z')
  await page.getByText('No spend from').waitFor()
  assert.deepEqual(faults, [])
})

test('a bill is held against the ledger, by whoever may', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config })
  await fill(stack)
  const usd = await ledgerUsd(stack, '&provider=openai')
  const day = new Date().toISOString().slice(0, 10)
  const bill = ['date,model,requests,cost', `${day},echo,1,0.9`, `${day},words-20,1,${usd + 5}`].join('\n')
  const browser = await openBrowser(t)
  const { context, page, faults } = await visit(browser, stack)
  await signIn(page, adminToken)
  await page.goto('/spend')
  await page.getByText('No bill was compared yet.').waitFor()
  await page.getByRole('button', { name: 'Compare a bill…' }).click()
  await page.getByRole('dialog').getByLabel('Provider').selectOption('openai')
  const upload = { name: 'costs.csv', mimeType: 'text/csv', buffer: Buffer.from(bill) }
  await page.getByLabel('Its exports').setInputFiles(upload)
  await page.getByRole('button', { name: 'Compare', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'What differs' })
  await dialog.getByRole('row').filter({ hasText: 'words-20' }).waitFor()
  await page.keyboard.press('Escape')
  const kept = page
    .getByRole('table', { name: 'Reconciliation' })
    .getByRole('row')
    .filter({ hasText: 'openai' })
  await kept.filter({ hasText: 'differ' }).waitFor()
  assert.deepEqual(faults, [])
  await context.close()

  const viewer = await createPerson(stack, 'Vera', [{ role: 'viewer' }])
  const second = await visit(browser, stack)
  const [name = '', value = ''] = viewer.cookie.split('=')
  await second.context.addCookies([{ name, value, url: stack.gateway.url }])
  await second.page.goto('/spend')
  await second.page.getByRole('table', { name: 'Reconciliation' }).waitFor()
  assert.equal(await second.page.getByRole('button', { name: 'Compare a bill…' }).count(), 0)
  assert.deepEqual(second.faults, [])
})
