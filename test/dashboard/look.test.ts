/** What pages look back on: a range or two moments, kept in the address, carried from page to page, and copied as a link. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { asArray, asNumber, asObject, type JsonObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const messages = [{ role: 'user', content: 'Hello' }]

async function ask(stack: Stack, model: string): Promise<void> {
  await (await stack.post('/v1/chat/completions', { model, messages })).text()
}

/** Records are stored a moment after the answer. */
async function recorded(stack: Stack, count: number): Promise<readonly JsonObject[]> {
  return until('the records', async () => {
    const { data } = await stack.admin('/requests')
    const rows = asArray(data).map((row) => asObject(row) ?? {})
    return rows.length === count ? rows : undefined
  })
}

const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)

test('figures of a window or of some requests agree with the requests themselves', async (t) => {
  const stack = await startStack(t)
  for (const model of ['openai/echo', 'openai/echo', 'claude/echo', 'openai/fault/http-400']) {
    await ask(stack, model)
  }
  const rows = await recorded(stack, 4)
  const times = rows.map((row) => Date.parse(String(row['created_at']))).toSorted((one, other) => one - other)
  const [from = 0, to = 0] = [times[0], times.at(-1)]
  const counted = async (query: string) => {
    const { now, before, before_steps: steps } = await stack.admin(`/requests/figures?${query}`)
    const { requests, errors } = asObject(now) ?? {}
    return [requests, errors, asNumber(asObject(before)?.['requests']), asArray(steps).length > 0]
  }
  assert.deepEqual(await counted(''), [4, 1, 0, true])
  assert.deepEqual(await counted('range=mtd'), [4, 1, 0, true])
  assert.deepEqual(await counted('provider=openai&cmp=off'), [3, 1, undefined, false])
  assert.deepEqual(await counted('status=error&range=7d'), [1, 1, 0, true])
  assert.deepEqual(await counted(`from=${from}&to=${to + 1}`), [4, 1, 0, true])
  // The end is exclusive, and what came before it is in the period before.
  const last = times.filter((atMs) => atMs < to).length
  assert.deepEqual(await counted(`from=${to}&to=${to + 60_000}`), [4 - last, 1, last, true])
  for (const query of ['from=1', 'to=1', 'from=2&to=1', 'from=0&to=99999999999', 'range=2y']) {
    assert.ok((await stack.admin(`/requests/figures?${query}`))['error'], query)
  }
})

test(
  'a range and filters go along from page to page; what cannot be read is told',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    await ask(stack, 'openai/echo')
    await ask(stack, 'claude/echo')
    await recorded(stack, 2)
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.getByText('2 requests, 0 of them failed.').waitFor()
    await page.keyboard.press('t')
    await page.getByRole('button', { name: 'Last 7 days' }).click()
    await page.getByRole('button', { name: 'Range: Last 7 days' }).waitFor()
    assert.deepEqual(searchOf(page), { range: '7d' })
    await page.getByRole('link', { name: 'Requests', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
    await page.getByLabel('Filter by').selectOption('provider')
    await page.getByLabel('Value of the filter, or a request id').fill('openai')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('row').filter({ hasText: 'claude/echo' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Keys', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
    assert.deepEqual(searchOf(page), {}, 'keys are not looked back on')
    assert.equal(await page.getByRole('button', { name: /^Range:/ }).count(), 0)
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    await page.getByText('1 requests, 0 of them failed.').waitFor()
    assert.deepEqual(searchOf(page), { range: '7d', provider: 'openai' })
    await page.getByRole('region', { name: 'Requests' }).first().getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
    assert.deepEqual(searchOf(page), { range: '7d', provider: 'openai' })

    await page.goto('/overview?range=2y&cmp=off&provider=claude')
    await page.getByText('range=2y', { exact: true }).waitFor()
    await page.getByText('1 requests, 0 of them failed.').waitFor()
    assert.deepEqual(searchOf(page), { cmp: 'off', provider: 'claude' })
    await page.getByRole('button', { name: 'Close the notice' }).click()
    await page.getByText('range=2y', { exact: true }).waitFor({ state: 'detached' })
    assert.deepEqual(faults, [])
  },
)

test(
  'two moments are looked at, and links lead to this view or to this moment',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    await ask(stack, 'openai/echo')
    await recorded(stack, 1)
    const { context, page, faults } = await visit(await openBrowser(t), stack)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const copied = () => page.evaluate('navigator.clipboard.readText()') as Promise<string>
    await signIn(page, adminToken)
    await page.getByText('1 requests, 0 of them failed.').waitFor()
    await page.keyboard.press('y')
    await page.getByText('Link copied').waitFor()
    assert.equal(await copied(), `${stack.gateway.url}/overview`)
    // Nothing that is read out silences what was to be read before it.
    await page.keyboard.press('l')
    await page.getByText('The page is paused.').waitFor()
    assert.equal(await page.getByText('Link copied').count(), 1)
    await page.keyboard.press('l')
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('menuitem', { name: 'This moment (absolute)' }).click()
    const moment = await until('the other link', async () => {
      const link = new URL(await copied())
      return link.search === '' ? undefined : link
    })
    const [from = '', to = ''] = ['from', 'to'].map((name) => moment.searchParams.get(name) ?? '')
    assert.equal(Date.parse(to) - Date.parse(from), 86_400_000)
    await ask(stack, 'openai/echo')
    await recorded(stack, 2)
    await page.goto(moment.href)
    await page.getByText('1 requests, 0 of them failed.').waitFor()

    await page.getByRole('button', { name: /^Range:/ }).click()
    await page.getByLabel('From', { exact: true }).fill('2026-03-01T10:00')
    await page.getByLabel('To', { exact: true }).fill('2026-03-01T09:00')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('The end must come after the beginning.').waitFor()
    await page.getByLabel('To', { exact: true }).fill('2026-03-02T10:30')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('No requests from 1 Mar, 10:00 to 2 Mar, 10:30.').waitFor()
    // The browser is in Berlin, an hour before UTC in winter.
    assert.deepEqual(searchOf(page), { from: '2026-03-01T09:00Z', to: '2026-03-02T09:30Z' })
    await page.keyboard.press('t')
    await page.getByRole('button', { name: 'Last 24 h' }).click()
    await page.getByText('2 requests, 0 of them failed.').waitFor()
    assert.deepEqual(searchOf(page), {})
    assert.deepEqual(faults, [])
  },
)
