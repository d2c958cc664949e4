/** What people manage in the dashboard: keys and budgets, routes and their revisions, the cache, the settings, the audit. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { asArray, asObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { startWordEmbedder } from '../support/word-embedder.ts'

const messages = [{ role: 'user', content: 'Hello' }]

test("a key's limits are changed, and its table is taken along", { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/keys')
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByLabel('Name').fill('=cmd()')
  await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Actions for =cmd()' }).click()
  await page.getByRole('menuitem', { name: 'Edit' }).click()
  await page.getByLabel('Requests per minute').fill('60')
  await page.getByLabel('Budget, USD').fill('5')
  await page.getByLabel('In each').selectOption('week')
  await page.getByRole('combobox', { name: 'Only from these addresses' }).fill('10.0.0.0/8')
  await page.getByRole('combobox', { name: 'Only from these addresses' }).press('Enter')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const [kept] = asArray((await stack.admin('/keys'))['data']).map((one) => asObject(one))
  const [budget] = asArray(kept?.['budgets']).map((one) => asObject(one))
  assert.deepEqual([budget?.['usd'], budget?.['period'], budget?.['cap']], ['5', 'week', 'hard'])
  await page.getByRole('link', { name: '=cmd()' }).click()
  const limits = page.getByRole('region', { name: 'Limits' })
  await limits.locator('dt:text-is("Requests per minute") + dd').getByText('60').waitFor()
  await limits.locator('dt:text-is("Used from") + dd').getByText('10.0.0.0/8').waitFor()
  await page.goBack()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export api keys as CSV' }).click()
  const csv = readFileSync(await (await download).path(), 'utf8')
  assert.match(csv, /^Name,Id,Team,/)
  assert.match(csv, /\r\n'=cmd\(\),/, 'what a spreadsheet would run begins with a quote')
  assert.deepEqual(faults, [])
})

test('a budget is made, fills while one watches, and is removed', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { page, faults } = await visit(await openBrowser(t), stack)
  const ask = async () => {
    const response = await stack.post('/v1/chat/completions', {
      model: 'claude/claude-sonnet-4-5',
      messages,
      max_tokens: 50,
    })
    return response.status
  }
  await signIn(page, adminToken)
  await page.goto('/budgets')
  await page.getByText('No budgets.').waitFor()
  await page.getByRole('button', { name: 'Create budget' }).click()
  await page.getByLabel('Of', { exact: true }).selectOption('key')
  await page.getByLabel('Cap, USD').fill('0.003')
  await page.getByRole('dialog').getByRole('button', { name: 'Create budget' }).click()
  const row = page.getByRole('row').filter({ hasText: 'a month' })
  await row.filter({ hasText: 'refuses' }).waitFor()
  const statuses: number[] = []
  while (statuses.length < 50 && (statuses.at(-1) ?? 200) === 200) statuses.push(await ask())
  assert.equal(statuses.at(-1), 429, 'the cap is hard')
  await row
    .filter({ hasText: 'key test' })
    .filter({ hasText: /[1-9](\.\d)? %/ })
    .waitFor()
  await page.getByRole('button', { name: 'Actions for the budget of key test' }).click()
  await page.getByRole('menuitem', { name: 'Edit' }).click()
  await page.getByLabel('Cap, USD').fill('0.00001')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('New calls are rejected at once.').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  assert.equal(await page.getByLabel('Cap, USD').inputValue(), '0.00001', 'nothing is lost by thinking again')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Set the cap' }).click()
  await row.filter({ hasText: 'hard, refuses now' }).waitFor()
  assert.equal(await ask(), 429)
  await page.getByRole('button', { name: 'Actions for the budget of key test' }).click()
  await page.getByRole('menuitem', { name: 'Edit' }).click()
  await page.getByLabel('Cap, USD').fill('20')
  await page.getByLabel('Tell when used, %').fill('fifty')
  await page.getByText('Write numbers from 1 to 1000').waitFor()
  await page.getByLabel('Tell when used, %').fill('50, 99.5')
  await page.getByRole('button', { name: 'Save' }).click()
  await row.filter({ hasText: '$20.00' }).waitFor()
  assert.equal(await ask(), 200)
  const [budget] = asArray((await stack.admin('/budgets'))['data']).map((each) => asObject(each))
  assert.deepEqual(budget?.['alert_at'], [0.5, 0.995])
  await row.getByRole('link', { name: /^\$/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Spend' }).waitFor()
  await page.getByRole('row', { name: /^Total/ }).waitFor()
  await page.goBack()
  await page.getByRole('button', { name: 'Actions for the budget of key test' }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('No budgets.').waitFor()
  assert.deepEqual(faults, [])
})

test(
  'a route is edited, its revisions compared, rolled back and held',
  { skip: browserMissing },
  async (t) => {
    const routes = { assistant: { targets: ['openai/words-60', 'claude/echo'] } }
    const stack = await startStack(t, { config: { routes } })
    const { page, faults } = await visit(await openBrowser(t), stack)
    const answeredBy = async () => {
      const response = await stack.post('/v1/chat/completions', { model: 'assistant', messages })
      return response.headers.get('x-weir-model')
    }
    await signIn(page, adminToken)
    await page.goto('/routes')
    await page.getByRole('link', { name: 'assistant' }).click()
    await page.getByRole('button', { name: 'Edit…' }).click()
    const settings = page.getByLabel('Settings')
    const text = await settings.inputValue()
    await settings.fill('{ no JSON')
    assert.equal(await page.getByRole('button', { name: 'Save as @2' }).isDisabled(), true)
    await settings.fill(text.replace('openai/words-60', 'opnai/words-60'))
    await page.getByText('targets[0] the provider "opnai" is not configured.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Save as @2' }).isDisabled(), true)
    await settings.fill(text.replace('openai/words-60', 'mistral/echo'))
    await page.getByRole('dialog').getByRole('row').filter({ hasText: 'targets[0].target' }).waitFor()
    await page.getByRole('button', { name: 'Save as @2' }).click()
    await page.getByRole('row').filter({ hasText: '@2' }).filter({ hasText: 'live' }).waitFor()
    await until('the new route', async () => ((await answeredBy()) === 'echo' ? true : undefined))
    await page.getByRole('button', { name: 'Roll back to @1' }).click()
    await page.getByLabel('Why').fill('it only echoes')
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click()
    await page.getByRole('row').filter({ hasText: 'it only echoes' }).waitFor()
    await until('the route as it was', async () => ((await answeredBy()) === 'words-60' ? true : undefined))
    await page.getByRole('button', { name: 'Hold…' }).click()
    await page.getByLabel('Why').fill('while we look')
    await page.getByRole('dialog').getByRole('button', { name: 'Hold' }).click()
    await page.getByRole('button', { name: 'End the hold' }).waitFor()
    await page.goto('/audit?object=route:assistant')
    for (const action of ['route.revision', 'route.rollback', 'route.hold']) {
      await page.getByRole('row').filter({ hasText: action }).first().waitFor()
    }
    await page.getByText(/chain verified to #\d+ at \d\d:\d\d/).waitFor()
    assert.deepEqual(faults, [])
  },
)

test(
  'a revision has a page; without a passing gate, or when the route has moved meanwhile, it is not promoted',
  { skip: browserMissing },
  async (t) => {
    const routes = { assistant: { targets: ['openai/words-60'], protected: true } }
    const stack = await startStack(t, { config: { routes } })
    const owner = asOwner(stack)
    const add = (target: string) =>
      owner('POST', '/routes/assistant/revisions', { settings: { targets: [target], protected: true } })
    assert.deepEqual([(await add('openai/echo')).status, (await add('claude/echo')).status], [201, 201])
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto('/routes/assistant')
    await page.getByRole('button', { name: 'Promote @3…' }).waitFor()
    await page.getByRole('link', { name: '@2', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Revision 2 of assistant' }).waitFor()
    const way = page.getByRole('navigation', { name: 'Breadcrumbs' })
    await way.getByRole('link', { name: 'assistant' }).waitFor()
    const difference = page.getByRole('region', { name: 'Live @1 → @2' })
    await difference.getByRole('row').filter({ hasText: 'openai/echo' }).waitFor()
    await page.getByRole('button', { name: 'Promote @2…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Promote assistant@2' })
    const promote = dialog.getByRole('button', { name: 'Promote' })
    await dialog.getByText('@2 has no passing gate.').waitFor()
    assert.equal(await promote.isDisabled(), true)
    await dialog.getByLabel('Without a passing gate').check()
    assert.equal(await promote.isDisabled(), true, 'an override has a reason')
    await dialog.getByLabel('Why').fill('nobody wants to wait')
    const overtaking = { to: 3, override: true, reason: 'was faster' }
    assert.equal((await owner('POST', '/routes/assistant/promote', overtaking)).status, 200)
    await promote.click()
    await dialog.getByText(/^This route moved to @3 at .*Review and try again\.$/).waitFor()
    assert.equal(await promote.isDisabled(), true)
    await dialog.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Roll back to @2…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click()
    await page.getByRole('region', { name: 'Revision @2' }).getByText('live').waitFor()
    // What the gateway refuses, the browser notes on its console.
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('status of 409')),
      [],
    )
  },
)

test('the cache is purged only by whoever means it', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config: { cache: { exact: {} } } })
  const { page, faults } = await visit(await openBrowser(t), stack)
  const outcome = async () => {
    const response = await stack.post('/v1/chat/completions', { model: 'openai/echo', messages })
    await response.text()
    return response.headers.get('x-weir-cache')
  }
  assert.deepEqual([await outcome(), await outcome()], ['miss', 'hit'])
  await signIn(page, adminToken)
  await page.goto('/cache')
  await page.getByText('1 hits, 1 misses.').waitFor()
  await page.getByText('Not enough judged pairs (0 of 50)').waitFor()
  await page.getByRole('button', { name: 'Purge…' }).click()
  const purge = page.getByRole('button', { name: 'Purge', exact: true })
  assert.equal(await purge.isDisabled(), true)
  await page.getByLabel('Type purge to confirm').fill('purge')
  await purge.click()
  await page.getByText('1 answers are deleted.').waitFor()
  assert.equal(await outcome(), 'miss')
  assert.deepEqual(faults, [])
})

test(
  'pairs are judged, and the threshold of semantic hits is set by hand',
  { skip: browserMissing },
  async (t) => {
    const embedder = await startWordEmbedder(t)
    const words = {
      type: 'openai-compatible',
      apiKey: 'env:PROVIDER_KEY',
      baseUrl: `${embedder.url}/v1`,
      allowPrivateNetwork: true,
    }
    const openai = { type: 'openai', apiKey: 'env:PROVIDER_KEY', allowPrivateNetwork: true }
    const semantic = { embedder: 'words/w', threshold: 0.6, timeoutMs: 5000 }
    const stack = await startStack(t, {
      config: (url) => ({
        providers: { openai: { ...openai, baseUrl: `${url}/openai/v1` }, words },
        routes: { chat: { targets: ['openai/echo'] } },
        cache: { exact: {}, semantic },
      }),
    })
    const trustOf = async () => asObject(asArray((await stack.admin('/cache'))['semantic'])[0])
    const ask = async (content: string) => {
      const body = { model: 'chat', messages: [{ role: 'user', content }] }
      await (await stack.post('/v1/chat/completions', body)).text()
    }
    await ask('How do I enable two-factor authentication on my GitHub account?')
    await until('the index', async () => {
      const text = await (await fetch(`${stack.gateway.url}/metrics`)).text()
      return text.includes('weir_cache_semantic_total{route="chat",outcome="none"} 1') ? true : undefined
    })
    await ask('How can I turn on 2FA on my GitHub account?')
    await until('the comparison', async () =>
      Number((await trustOf())?.['compared']) > 0 ? true : undefined,
    )
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto('/cache')
    await page.getByText(/^chat: 0 % of \d+ hits? were false at 0\.600\.$/).waitFor()
    await page.getByRole('button', { name: 'Show 1 pair' }).click()
    const pair = page.getByRole('region', { name: 'Pair of chat' })
    await pair.getByText('held for the same').waitFor()
    await pair
      .getByRole('region', { name: /^What would have been served/ })
      .locator('ins')
      .first()
      .waitFor()
    await pair.getByRole('button', { name: 'Not the same' }).click()
    await page.getByText('No pair waits to be judged.').waitFor()
    await page
      .getByText('[20.7 %, 100 %], 1 of 1 pairs')
      .or(page.getByText(/^chat: 100 % of 1 hits/))
      .first()
      .waitFor()
    assert.equal((await trustOf())?.['false_hits'], 1)
    await page.getByRole('button', { name: 'Threshold of chat…' }).click()
    const set = page.getByRole('button', { name: 'Set threshold' })
    assert.equal(await set.isDisabled(), true)
    await page.getByLabel('Least likeness of two questions').fill('0.5')
    await page.getByText('begins anew').waitFor()
    await page.getByLabel('Least likeness of two questions').fill('0.995')
    await page.getByText('Less is answered from the cache.').waitFor()
    await set.click()
    await page.getByRole('row').filter({ hasText: '0.995' }).waitFor()
    assert.equal((await trustOf())?.['threshold'], 0.995)
    assert.deepEqual(faults, [])
  },
)

test('the settings are all there, and no secret is', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const settings = await stack.admin('/settings')
  const text = JSON.stringify(settings)
  for (const secret of ['provider-key-canary', testKey, adminToken]) assert.ok(!text.includes(secret))
  const providers = asObject(asObject(settings['settings'])?.['providers'])
  assert.equal(asObject(providers?.['openai'])?.['apiKey'] ?? '***', '***')
  assert.ok(asArray(asObject(settings['settings'])?.['keys']).length > 0)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/settings')
  await page.getByLabel('Find a setting').fill('maxBodyBytes')
  await page
    .getByRole('row')
    .filter({ hasText: 'limits.maxBodyBytes' })
    .filter({ hasText: 'default' })
    .waitFor()
  await page.getByLabel('Find a setting').fill('keys.0.name')
  await page.getByRole('row').filter({ hasText: '0.name' }).filter({ hasText: 'the file' }).waitFor()
  assert.deepEqual(faults, [])
})
