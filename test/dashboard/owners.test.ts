/** Who is near a limit, what each provider did, and what somebody is told who guesses too often. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { asOwner, createPerson } from '../support/people.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const messages = [{ role: 'user', content: 'Hello' }]

test(
  'keys tell what they cost and how near their cap they are; providers what they did',
  { skip: browserMissing },
  async (t) => {
    const budgets = [{ scope: 'key', usd: 0.0001, period: 'day', cap: 'soft' }]
    const stack = await startStack(t, { config: { budgets } })
    const { page, faults } = await visit(await openBrowser(t), stack)
    const { body } = await asOwner(stack)('POST', '/keys', {
      name: 'short',
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    })
    for (let n = 0; n < 3; n++) {
      const model = 'claude/claude-sonnet-4-5'
      await (await stack.post('/v1/chat/completions', { model, messages, max_tokens: 50 })).text()
    }
    await stack.post('/v1/chat/completions', { model: 'claude/fault/http-400', messages })
    await until('the records', async () =>
      (await stack.admin('/requests/summary'))['requests'] === 4 ? true : undefined,
    )
    await signIn(page, adminToken)
    await page.goto('/keys')
    const row = page.getByRole('row').filter({ hasText: 'declared:test' })
    await row
      .filter({ hasText: /\d+ % of \$0\.00010/ })
      .filter({ hasText: /\$0\.000\d+/ })
      .filter({ hasText: /this hour|in the last 2 h/ })
      .waitFor()
    const view = page.getByLabel('Which keys')
    await view.selectOption('Over 80 %')
    await page.getByRole('row').filter({ hasText: 'short' }).waitFor({ state: 'detached' })
    await row.waitFor()
    await view.selectOption('Expiring')
    await page
      .getByRole('row')
      .filter({ hasText: String(body['name']) })
      .waitFor()
    await row.waitFor({ state: 'detached' })
    await view.selectOption('Revoked')
    await page.getByText('No key was revoked.').waitFor()
    await page.goto('/providers')
    const card = page.getByRole('region', { name: 'claude' })
    await card.locator('dt:text-is("Requests, 24 h") + dd').getByText('4', { exact: true }).waitFor()
    await card.locator('dt:text-is("Failed") + dd').getByText('25 %').waitFor()
    assert.deepEqual(faults, [])
  },
)

test('who guesses too often is told when to try again', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { email } = await createPerson(stack, 'Ada', [{ role: 'viewer' }])
  for (let n = 0; n < 6; n++) {
    await fetch(`${stack.gateway.url}/admin/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ email, password: `guess-${n}` }),
    })
  }
  const { page } = await visit(await openBrowser(t), stack)
  await page.goto('/')
  await page.getByLabel('E-mail').fill(email)
  await page.locator('input[name=password]').fill('another guess')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText(/^Too many attempts\. Try again in 1[45] min\.$/).waitFor()
})

test(
  'of a long list the first rows are shown, in its order, and all when asked',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const owner = asOwner(stack)
    for (let n = 0; n < 230; n++)
      await owner('POST', '/users', { name: `user ${String(n).padStart(3, '0')}` })
    const browser = await openBrowser(t)
    const { page, faults } = await visit(browser, stack)
    await signIn(page, adminToken)
    await page.goto('/users?sort=-name')
    const rows = page.getByRole('table', { name: 'Users' }).locator('tbody tr')
    const all = page.getByRole('button', { name: 'Show all 230 rows' })
    await all.waitFor()
    assert.equal(await rows.count(), 200)
    assert.match(await rows.first().innerText(), /user 229/)
    await all.click()
    await page.getByText('user 000').waitFor()
    assert.equal(await rows.count(), 230)
    assert.equal(await all.count(), 0)
    assert.deepEqual(faults, [])
  },
)
