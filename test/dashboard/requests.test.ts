/** What people do in the list of requests and on the page of one: narrow, zoom, look beside the list, go on, take along. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { asArray, asObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const messages = [{ role: 'user', content: 'Hello' }]

async function ask(stack: Stack, model: string, headers: Record<string, string> = {}): Promise<string> {
  const body = { model, messages, logit_bias: { 5: 1 } }
  const response = await stack.post('/v1/chat/completions', body, headers)
  await response.text()
  return response.headers.get('x-weir-request-id') ?? ''
}

async function stored(stack: Stack, count: number): Promise<void> {
  await until('the records', async () => {
    const { data } = await stack.admin('/requests?limit=1000')
    return asArray(data).length >= count ? true : undefined
  })
}

const rows = (page: Page) =>
  page.getByRole('table', { name: 'Requests', exact: true }).locator('[data-request]')
const countIs = (page: Page, count: number) =>
  until(`${count} rows`, async () => ((await rows(page).count()) === count ? true : undefined))
const drawer = (page: Page) => page.getByRole('complementary', { name: 'Request' })
const searchOf = (page: Page) => new URL(page.url()).searchParams

/** Whoever keeps the place, or holds rows because of it, is told of it a frame later. */
async function scroll(page: Page, toPx: number): Promise<void> {
  await page.evaluate(`new Promise((told) => {
    document.addEventListener('scroll', told, { once: true })
    window.scrollTo(0, ${toPx})
  })`)
  assert.equal(await page.evaluate('window.scrollY'), toPx)
}

test('requests', { skip: browserMissing }, async (t) => {
  const routes = { assistant: { targets: ['openai/fault/http-503', 'claude/claude-sonnet-4-5'] } }
  const stack = await startStack(t, { config: { routes, payloads: { record: 'on' } } })
  const browser = await openBrowser(t)
  const { page, faults, context } = await visit(browser, stack)
  for (let n = 0; n < 4; n++) await ask(stack, 'openai/echo', { 'x-weir-user': `=user,${n}` })
  for (let n = 0; n < 3; n++) await ask(stack, 'assistant', { 'x-weir-tags': 'support' })
  const failed = [await ask(stack, 'openai/fault/http-429'), await ask(stack, 'openai/fault/http-400')]
  await stored(stack, 9)
  await signIn(page, adminToken)

  await t.test('are narrowed by several values, by what they are not, by cost and by text', async () => {
    await page.goto('/requests?status=!2xx')
    await countIs(page, 2)
    await page.goto('/requests?provider=claude,mistral')
    await countIs(page, 3)
    await page.goto('/requests?cost_gt=0.000001&model=claude*')
    await countIs(page, 3)
    await page.goto('/requests')
    await countIs(page, 9)
    await page.getByLabel('Filter by').selectOption('Text')
    await page.getByLabel('Value of the filter, or a request id').fill('SUPPORT')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await countIs(page, 3)
    await page.getByLabel('Filter by').selectOption('User')
    await page.getByLabel('Value of the filter, or a request id').fill('!nobody')
    await page.keyboard.press('Enter')
    await page.getByText('User is not').waitFor()
    await page.getByRole('button', { name: 'Remove the filter Text' }).click()
    await countIs(page, 9)
    assert.equal(searchOf(page).get('user'), '!nobody')
    await page.getByRole('button', { name: 'Clear filters' }).click()
  })

  await t.test('are summed up, and a stretch of time that is drawn over is looked at closer', async () => {
    await page.goto('/requests')
    const figure = (name: string) => page.getByRole('region', { name, exact: true }).locator('.figure-value')
    await until('their number', async () =>
      (await figure('Requests').innerText()) === '9' ? true : undefined,
    )
    assert.equal(await figure('Failed').innerText(), '2')
    const { cost_usd: usd } = await stack.admin('/requests/summary')
    assert.ok(Number(usd) > 0)
    assert.match(await figure('Cost').innerText(), /^\$0\.0/)
    const picture = page.getByTestId('histogram')
    const box = (await picture.boundingBox())!
    await page.mouse.move(box.x + box.width - 60, box.y + 30)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width - 2, box.y + 30)
    await page.mouse.up()
    await page.waitForURL(/from=/)
    const spanMs = Date.parse(searchOf(page).get('to')!) - Date.parse(searchOf(page).get('from')!)
    assert.ok(spanMs > 0 && spanMs < 24 * 3_600_000, String(spanMs))
    await countIs(page, 9)
    await page.goBack()
    await page.waitForURL((url) => !url.searchParams.has('from'))
  })

  await t.test('are looked at beside the list, by keys alone', async () => {
    await page.goto('/requests?provider=openai,claude')
    await countIs(page, 9)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await drawer(page).getByText('Asked for').waitFor()
    const second = searchOf(page).get('sel')
    await page.keyboard.press(']')
    await page.waitForURL((url) => url.searchParams.get('sel') !== second)
    await page.keyboard.press('[')
    await page.waitForURL((url) => url.searchParams.get('sel') === second)
    await drawer(page).getByRole('heading', { name: second! }).waitFor()
    const ids = await rows(page).evaluateAll((all) => all.map((row) => row.getAttribute('data-request')))
    // Faster than a page can show where each of them leads.
    await page.evaluate(`for (const key of [']', ']', '['])
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))`)
    const third = ids[ids.indexOf(second) + 1]!
    await drawer(page).getByRole('heading', { name: third }).waitFor()
    assert.equal(searchOf(page).get('sel'), third)
    await page.keyboard.press('Escape')
    await drawer(page).waitFor({ state: 'detached' })
    const isBackAt = (id: string) =>
      until(`the focus on ${id}`, async () =>
        (await page.evaluate('document.activeElement?.dataset.request')) === id ? true : undefined,
      )
    await isBackAt(third)
    assert.equal(searchOf(page).get('sel'), null)
    for (const key of ['ArrowDown', 'ArrowUp', 'ArrowUp']) await page.keyboard.press(key)
    await isBackAt(second!)
    await page.goto(`/requests?sel=${failed[0]!}`)
    await drawer(page).getByText('429').first().waitFor()
    await drawer(page).getByRole('link', { name: 'Open page' }).click()
    await page.getByRole('heading', { level: 1 }).getByText(failed[0]!).waitFor()
  })

  await t.test('lead on within the list they were found in', async () => {
    await page.goto(`/requests/${failed[1]!}?status=4xx`)
    await page.getByRole('button', { name: 'Next request' }).click()
    await page.getByRole('heading', { level: 1 }).getByText(failed[0]!).waitFor()
    // Neither leads anywhere before it is known what is beside this one.
    await page.getByRole('button', { name: 'Previous request', disabled: false }).waitFor()
    assert.ok(await page.getByRole('button', { name: 'Next request' }).isDisabled())
    await page.keyboard.press('[')
    await page.getByRole('heading', { level: 1 }).getByText(failed[1]!).waitFor()
  })

  await t.test('tell all of one: its lines sum up to its cost', async () => {
    const { data } = await stack.admin('/requests?route=assistant&limit=1')
    const id = String(asObject(asArray(data)[0])?.['id'])
    await page.goto(`/requests/${id}`)
    const cost = page.getByRole('region', { name: 'Cost by line' })
    await cost.getByText('Sum').waitFor()
    const amounts = (await cost.locator('dd').allInnerTexts()).map((text) => Number(text.replace('$', '')))
    const sum = amounts.pop()!
    assert.equal(amounts.length, 2, 'one line for each attempt')
    assert.ok(
      sum > 0 && Math.abs(amounts.reduce((all, one) => all + one, 0) - sum) < 1e-9,
      `${amounts.join()} ${sum}`,
    )
    const headline = page
      .getByRole('region', { name: 'Outcome' })
      .getByRole('listitem')
      .filter({ hasText: '$' })
    assert.equal(Number((await headline.innerText()).replace('$', '')), sum)
    await page.getByRole('tab', { name: 'Request' }).click()
    await page.getByText('user', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Dropped (1)' }).click()
    await page.getByText('logit_bias').waitFor()
    await page.getByRole('tab', { name: 'Headers' }).click()
    await page.getByRole('row').filter({ hasText: 'x-weir-attempts' }).filter({ hasText: '2' }).waitFor()
    await page.getByRole('tab', { name: 'Ledger' }).click()
    await page.getByRole('table', { name: 'Lines of the ledger' }).waitFor()
    await page.getByRole('tab', { name: 'Raw' }).click()
    await page.getByText('"requested_model"').waitFor()
    assert.equal(searchOf(page).get('tab'), 'raw')
    await page.getByRole('link', { name: 'Open in playground' }).click()
    await until('the prompt', async () =>
      (await page.getByRole('textbox', { name: 'Message' }).inputValue()) === 'Hello' ? true : undefined,
    )
    assert.equal(searchOf(page).get('target'), 'assistant')
  })

  await t.test('that are gone are told with the retention', async () => {
    await page.goto('/requests/req_00000000000000000000000000')
    await page.getByText('older than the retention of 30 days').waitFor()
  })

  await t.test('have the columns that one chose, also next time', async () => {
    await page.goto('/requests')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Tags' }).check()
    await page.getByRole('checkbox', { name: 'Key', exact: true }).uncheck()
    await page.keyboard.press('Escape')
    await page.reload()
    await page.getByRole('columnheader', { name: 'Tags' }).waitFor()
    assert.equal(await page.getByRole('columnheader', { name: 'Key', exact: true }).count(), 0)
    await page.getByRole('row').filter({ hasText: 'support' }).first().waitFor()
  })

  await t.test('are taken along whole, and no spreadsheet runs them', async () => {
    await page.goto('/requests?user=%3Duser*')
    await countIs(page, 4)
    const taken = async (name: string) => {
      await page.getByRole('button', { name: 'Export' }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('menuitem', { name }).click()
      return readFileSync(await (await download).path(), 'utf8').trimEnd()
    }
    const csv = (await taken('CSV')).split('\r\n')
    assert.equal(csv.length, 5)
    assert.ok(csv[1]!.includes(`,"'=user,3",`), csv[1])
    const lines = (await taken('JSON Lines')).split('\n')
    assert.equal((JSON.parse(lines[0]!) as { user: string }).user, '=user,3')
  })

  await t.test('that are new wait while somebody reads, and Back leads to where one was', async () => {
    for (let n = 0; n < 60; n++) await ask(stack, 'openai/echo', { 'x-weir-user': 'many' })
    await stored(stack, 69)
    await page.goto('/requests?user=many')
    await page.getByText('Live', { exact: true }).waitFor()
    await rows(page).first().waitFor()
    await scroll(page, 900)
    await ask(stack, 'openai/echo', { 'x-weir-user': 'many' })
    await page.getByRole('button', { name: '1 new rows' }).waitFor()
    assert.equal(await page.evaluate('window.scrollY'), 900)
    await page.goto('/requests?user=many')
    await rows(page).first().waitFor()
    await scroll(page, 900)
    await page.keyboard.press('g')
    await page.keyboard.press('k')
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
    await ask(stack, 'openai/echo', { 'x-weir-user': 'many' })
    await page.goBack()
    await until('the place', async () => ((await page.evaluate('window.scrollY')) === 900 ? true : undefined))
    await page.getByRole('button', { name: '1 new rows' }).click()
    await until('the top', async () => ((await page.evaluate('window.scrollY')) === 0 ? true : undefined))
  })

  assert.deepEqual(
    faults.filter((fault) => !fault.includes('status of 404')),
    [],
  )
  await context.close()

  await t.test('open as pages where there is little room', async () => {
    const small = await visit(browser, stack, { width: 390 })
    await signIn(small.page, adminToken)
    await small.page.goto('/requests?status=4xx')
    await small.page.getByRole('button', { name: 'Filters (1)' }).click()
    await small.page.getByRole('dialog').getByRole('button', { name: 'Remove the filter Status' }).waitFor()
    await small.page.keyboard.press('Escape')
    await rows(small.page).first().click()
    await small.page.getByRole('heading', { level: 1 }).getByText(failed[1]!).waitFor()
    assert.equal(searchOf(small.page).get('status'), '4xx')
    await small.page.goto(`/requests?sel=${failed[0]!}`)
    await small.page.getByRole('heading', { level: 1 }).getByText(failed[0]!).waitFor()
    assert.deepEqual(small.faults, [])
    await small.context.close()
  })
})

test(
  'requests stand by cost and by time, and tell who is only said to have asked',
  { skip: browserMissing },
  async (t) => {
    const price = (usd: number) => ({ price: { input: usd, output: usd } })
    const models = { 'openai/echo': price(10), 'claude/echo': price(1_000), 'mistral/echo': price(100) }
    const stack = await startStack(t, { config: { models } })
    const owner = asOwner(stack)
    const { body: ada } = await owner('POST', '/users', { name: 'Ada' })
    const { body: key } = await owner('POST', '/keys', { name: 'notebook', user: ada['id']! })
    const own = { authorization: `Bearer ${String(key['secret'])}` }
    await ask(stack, 'openai/echo', own)
    await ask(stack, 'claude/echo', { ...own, 'x-weir-user': 'somebody' })
    await ask(stack, 'mistral/echo')
    await stored(stack, 3)
    const browser = await openBrowser(t)
    const { page, faults } = await visit(browser, stack)
    await signIn(page, adminToken)
    await page.goto('/requests')
    await countIs(page, 3)
    const row = (model: string) => page.getByRole('row').filter({ hasText: model })
    await row('openai/echo').getByText('Ada', { exact: true }).waitFor()
    assert.equal(await row('openai/echo').getByText('claimed').count(), 0)
    await row('claude/echo').getByText('somebody').waitFor()
    assert.equal(await row('claude/echo').getByText('claimed').count(), 1)

    const order = async () =>
      (await rows(page).locator('xpath=../..').allInnerTexts()).map((text) => /\w+\/echo/.exec(text)?.[0])
    const orderIs = (...wanted: readonly string[]) =>
      until(wanted.join(), async () => (String(await order()) === String(wanted) ? true : undefined))
    await orderIs('mistral/echo', 'claude/echo', 'openai/echo')
    const head = page.getByRole('columnheader', { name: 'Cost' })
    await head.getByRole('button').click()
    await orderIs('claude/echo', 'mistral/echo', 'openai/echo')
    assert.deepEqual(
      [searchOf(page).get('sort'), await head.getAttribute('aria-sort')],
      ['-cost', 'descending'],
    )
    await ask(stack, 'claude/words-20')
    await page.getByRole('button', { name: '1 new rows' }).click()
    await countIs(page, 4)
    await head.getByRole('button').click()
    await page.waitForURL((url) => url.searchParams.get('sort') === 'cost')
    await head.getByRole('button').click()
    await page.waitForURL((url) => !url.searchParams.has('sort'))
    await page.goto('/requests?sort=time&status=2xx')
    await until('the oldest first', async () => ((await order())[0] === 'openai/echo' ? true : undefined))
    await page.goto('/requests?sort=nonsense')
    await page.getByText('sort=nonsense', { exact: true }).waitFor()

    const small = await visit(browser, stack, { width: 390 })
    await signIn(small.page, adminToken)
    await small.page.goto('/requests')
    await small.page.getByLabel('Order').selectOption('Cheapest first')
    await small.page.waitForURL((url) => url.searchParams.get('sort') === 'cost')
    assert.deepEqual([...faults, ...small.faults], [])
  },
)
