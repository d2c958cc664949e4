/** What people try from the dashboard: targets side by side, the first steps, the way to anything by a few letters, drift. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { asArray, asObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, typeAtOnce, visit } from '../support/browser.ts'
import { startDrifted } from '../support/dashboard-data.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

test('two targets answer side by side, and stopping stops both', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  const answers = page.getByRole('region', { name: /^Answer of/ })
  await signIn(page, adminToken)
  await page.goto('/playground?target=claude/echo')
  await page.getByRole('button', { name: 'Add a target' }).click()
  await page.getByLabel('Route or model').nth(1).fill('openai/words-60')
  const hostile = '<img src=x onerror=alert(1)><script>alert(1)</script>'
  await page.getByRole('textbox', { name: 'Message' }).fill(hostile)
  await page.getByText(/^A run costs/).waitFor()
  await page.keyboard.press('Control+Enter')
  await answers.getByText('done').nth(1).waitFor()
  await page.setViewportSize({ width: 390, height: 900 })
  await page.getByRole('tab', { name: 'openai/words-60' }).click()
  await page.getByRole('region', { name: 'Answer of openai/words-60' }).getByText('done').waitFor()
  assert.equal(await answers.count(), 1, 'one at a time where there is little room')
  const run = await page.getByRole('button', { name: 'Run' }).boundingBox()
  assert.ok(run && run.y + run.height > 880, 'what a page is for is where a thumb reaches it')
  await page.setViewportSize({ width: 1440, height: 900 })
  await answers.first().getByText(hostile).waitFor()
  for (const fact of ['First token', 'Tokens/s', 'Cost']) await answers.nth(1).getByText(fact).waitFor()
  await page
    .getByRole('region', { name: 'Words that openai/words-60 says otherwise' })
    .locator('ins')
    .first()
    .waitFor()
  const id = await answers.nth(1).getByRole('link', { name: 'Its request' }).getAttribute('href')
  const record = await until('its record', async () => {
    const found = await stack.admin(`/requests/${id?.split('/').at(-1) ?? ''}`)
    return found['id'] === undefined ? undefined : found
  })
  assert.equal(record['key_name'], 'dashboard')
  assert.equal(await page.evaluate('document.querySelectorAll("main img, main script").length'), 0)
  await typeAtOnce(page, 'Route or model', ['openai/slow-1s', 'claude/slow-1s'], 'Run')
  await answers.locator('pre').nth(1).waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await answers.getByText('stopped').nth(1).waitFor()
  const { data } = await until('both to be told as left', async () => {
    const found = await stack.admin('/requests?key=dashboard&limit=2')
    return asArray(found['data']).every((row) => asObject(row)?.['client_gone'] === true) ? found : undefined
  })
  assert.equal(asArray(data).length, 2)
  assert.deepEqual(faults, [])
})

test('the first steps lead to a request that arrives', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.getByRole('link', { name: 'Open the guide' }).click()
  await page.getByRole('heading', { level: 1, name: 'First steps' }).waitFor()
  await page.getByRole('button', { name: 'Create a key' }).click()
  const secret = await page.getByText(/^weir_/).innerText()
  const snippet = page.locator('pre').first()
  assert.ok((await snippet.innerText()).includes(`Bearer ${secret}`))
  await page.getByLabel('Client').selectOption('Anthropic, Python')
  assert.ok((await snippet.innerText()).includes(`base_url="${stack.gateway.url}"`))
  await page.getByText('Live', { exact: true }).waitFor()
  const response = await fetch(`${stack.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/echo', messages: [{ role: 'user', content: 'Hi' }] }),
  })
  assert.equal(response.status, 200)
  await page.getByText('It arrived').waitFor()
  await page.getByLabel('Route or model').fill('claude/echo')
  await page.getByRole('button', { name: 'Send a test request' }).click()
  await page.getByText('1. claude/echo').waitFor()
  assert.deepEqual(faults, [])
})

test('a few letters lead anywhere', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config: { routes: { helpdesk: { targets: ['openai/echo'] } } } })
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  const jump = async (text: string, heading: string) => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill(text)
    await page.getByRole('listbox', { name: 'Places' }).getByRole('option').first().waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  }
  await jump('budg', 'Budgets')
  await jump('helpd', 'helpdesk')
  await jump('create bud', 'Budgets')
  await page.getByRole('dialog', { name: 'Create budget' }).waitFor()
  await page.keyboard.press('Escape')
  await page.goto('/keys')
  await page.getByRole('row').filter({ hasText: 'declared:test' }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'test' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('Ctrl K', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await page.getByText('No golden sets.').waitFor()
  assert.deepEqual(faults, [])
})

test(
  'an alarm of drift is looked at, answered, and its baseline accepted',
  { skip: browserMissing },
  async (t) => {
    const stack = await startDrifted(t)
    const { page, faults } = await visit(await openBrowser(t), stack)
    const setOf = async () => asObject(asArray((await stack.admin('/drift'))['data'])[0])
    await signIn(page, adminToken)
    await page.goto('/drift')
    await page.getByRole('row').filter({ hasText: 'alarm' }).getByRole('link', { name: 'shop' }).click()
    await page.getByRole('img', { name: /^Refusals over/ }).waitFor()
    await page.getByRole('button', { name: 'Show as table' }).click()
    const told = page.getByRole('table', { name: 'Metrics over the runs' })
    await told.getByRole('row').nth(1).getByText('alarm').first().waitFor()
    await page.getByRole('button', { name: 'Show as charts' }).click()
    await page.getByLabel('Metric').selectOption('Refusals')
    await page
      .getByRole('region', { name: /before and now$/ })
      .first()
      .locator('ins')
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await page.getByRole('button', { name: 'Acknowledge' }).waitFor({ state: 'detached' })
    assert.equal(asObject((await setOf())?.['alarm'])?.['state'], 'acknowledged')
    await page.getByRole('button', { name: 'Accept baseline…' }).click()
    await page.getByLabel('Why what it does now is right').fill('it shall refuse')
    await page.getByRole('button', { name: 'Accept', exact: true }).click()
    await page.getByRole('region', { name: 'Watched' }).getByText('it shall refuse').waitFor()
    assert.equal(asObject((await setOf())?.['baseline'])?.['reason'], 'it shall refuse')
    await page.getByRole('button', { name: 'Run now' }).click()
    await until('the run', async () => {
      const { data } = await stack.admin('/drift/runs?set=shop&limit=100')
      return asArray(data).length === 19 ? true : undefined
    })
    assert.deepEqual(faults, [])
  },
)
