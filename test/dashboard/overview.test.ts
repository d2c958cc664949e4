/** The overview: held against the period before, what needs attention as it happens, and every figure a way to its rows. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { asArray } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const messages = [{ role: 'user', content: 'Hello' }]

async function ask(stack: Stack, model: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const headers = { 'x-weir-user': `user-${n}` }
    await (await stack.post('/v1/chat/completions', { model, messages }, headers)).text()
  }
}

async function recorded(stack: Stack, count: number): Promise<void> {
  await until('the records', async () =>
    asArray((await stack.admin('/requests'))['data']).length === count ? true : undefined,
  )
}

test(
  'figures are held against the period before, and lead to their rows',
  { skip: browserMissing },
  async (t) => {
    const price = { price: { input: 1_000, output: 1_000 } }
    const stack = await startStack(t, { config: { models: { 'openai/echo': price } } })
    await ask(stack, 'openai/echo', 2)
    await recorded(stack, 2)
    const borderMs = Date.now() + 1
    await until('the border', () => Promise.resolve(Date.now() >= borderMs ? true : undefined))
    await ask(stack, 'openai/echo', 3)
    await ask(stack, 'openai/fault/http-400', 1)
    await recorded(stack, 6)
    const window = `from=${borderMs}&to=${borderMs + 600_000}`
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto(`/overview?${window}`)
    const figure = (label: string) => page.getByRole('region', { name: label, exact: true }).first()
    await figure('Requests').getByText('+100 % against before').waitFor()
    await figure('Errors').getByText('+25.0 pp against before').waitFor()
    assert.equal(await figure('Errors').locator('[data-worse=true]').count(), 1)
    assert.equal(await figure('Requests').locator('[data-worse=true]').count(), 0, 'more is not worse')
    await figure('Cost').getByText('+50 % against before').waitFor()
    await page.getByText('Period before').waitFor()
    for (const name of ['Top models', 'Top keys', 'Top users']) {
      await figure(name).getByRole('listitem').first().waitFor()
    }
    await page.getByText('Tokens', { exact: true }).last().click()
    await figure('Top models').getByText('echo').waitFor()

    await figure('Providers').getByRole('listitem').filter({ hasText: 'openai' }).getByText(/^p95 /).waitFor()

    await page.goto(`/overview?${window}&cmp=off`)
    await figure('Requests').getByText('4', { exact: true }).waitFor()
    assert.equal(await page.getByText('against before').count(), 0)
    assert.equal(await page.getByText('Period before').count(), 0)

    await figure('Errors').getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
    const rows = page.getByRole('row').filter({ has: page.getByRole('link') })
    await rows.filter({ hasText: 'http-400' }).waitFor()
    assert.equal(await rows.count(), 1)
    const { searchParams } = new URL(page.url())
    assert.deepEqual([searchParams.get('status'), searchParams.has('from')], ['error', true])
    assert.deepEqual(faults, [])
  },
)

test('what fails shows while one watches', { skip: browserMissing }, async (t) => {
  const breaker = { consecutiveFailures: 2 }
  const routes = { assistant: { targets: ['openai/fault/http-503'], retry: { attempts: 1 }, breaker } }
  const stack = await startStack(t, { config: { routes } })
  await asOwner(stack)('POST', '/budgets', { scope: 'key', usd: '0', period: 'day', cap: 'soft' })
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.getByText('No requests yet.').waitFor()
  assert.equal(await page.getByText('Needs attention').count(), 0)
  await page.getByText('Live', { exact: true }).waitFor()
  await ask(stack, 'assistant', 3)
  const attention = page.getByRole('region', { name: /^Needs attention/ })
  await attention
    .getByText(/openai/)
    .first()
    .waitFor()
  await page.getByText('3 requests, 3 of them failed.').waitFor()
  await attention
    .getByRole('link', { name: /openai/ })
    .first()
    .click()
  await page.getByRole('heading', { level: 1, name: 'Providers' }).waitFor()
  assert.deepEqual(faults, [])
})

test(
  'the last quarter of an hour is told second by second, as it happens',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    await ask(stack, 'openai/echo', 2)
    await recorded(stack, 2)
    const browser = await openBrowser(t)
    for (const width of [1440, 390] as const) {
      const { page, faults, context } = await visit(browser, stack, { width })
      await signIn(page, adminToken)
      await page.goto('/overview?range=15m&model=echo')
      const chart = page.getByRole('region', { name: 'Requests /s' })
      await chart.locator('canvas').waitFor()
      const told = async () =>
        Number(/^(\d+) requests/.exec(await chart.locator('figcaption > span').innerText())?.[1])
      const before = await until('what was', async () => ((await told()) >= 2 ? told() : undefined))
      await page.getByText('Live', { exact: true }).waitFor()
      await ask(stack, 'openai/echo', 3)
      // Another model is not what is looked at.
      await ask(stack, 'openai/words-20', 1)
      await until('what is', async () => ((await told()) === before + 3 ? true : undefined))
      const box = await chart.locator('canvas').boundingBox()
      assert.ok(box!.x + box!.width <= width, 'it is no wider than the page')
      await chart.getByRole('button', { name: 'Show as table' }).click()
      await chart.getByRole('table').waitFor()
      await page.goto('/overview?range=1h')
      await page.getByRole('region', { name: 'Requests', exact: true }).last().locator('figure svg').waitFor()
      assert.equal(await page.locator('canvas').count(), 0)
      assert.deepEqual(faults, [])
      await context.close()
    }
  },
)
