/** What people do in the dashboard: sign in and out, watch, follow a request, make and revoke keys. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { browserMissing, openBrowser, seen, signIn, visit } from '../support/browser.ts'
import { corpus } from '../support/hostile-data.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const messages = [{ role: 'user', content: 'Hello' }]

test(
  'the one-time link signs in, once; signing out ends the session',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const browser = await openBrowser(t)
    const { context, page, faults } = await visit(browser, stack)
    await page.goto(stack.gateway.signInUrl)
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    assert.equal(new URL(page.url()).search, '', 'the token is nowhere in the address')
    const [cookie] = await context.cookies()
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('Admin token').waitFor()
    const replayed = await fetch(`${stack.gateway.url}/admin/v1/alerts`, {
      headers: { cookie: `${cookie!.name}=${cookie!.value}` },
    })
    assert.equal(replayed.status, 401, 'the session is over on the server too')
    await page.goto(stack.gateway.signInUrl)
    await page.getByText('This link was used already').waitFor()
    await page.getByLabel('Admin token').fill('not-the-token-of-anybody')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('That did not work').waitFor()
    await page.getByLabel('Admin token').fill(adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    assert.deepEqual(faults, [])
  },
)

test(
  'a request appears while one watches, and leads to its attempts and costs',
  { skip: browserMissing },
  async (t) => {
    const routes = { assistant: { targets: ['openai/fault/http-503', 'claude/claude-sonnet-4-5'] } }
    const stack = await startStack(t, { config: { routes } })
    const browser = await openBrowser(t)
    const { page, faults } = await visit(browser, stack)
    await signIn(page, adminToken)
    await page.getByText('No requests yet.').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    assert.equal((await stack.post('/v1/chat/completions', { model: 'assistant', messages })).status, 200)
    await page.getByText('1 requests, 0 of them failed.').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor()
    await page.getByRole('row').filter({ hasText: 'assistant' }).waitFor()
    const late = await stack.post('/v1/chat/completions', { model: 'nobody/nothing', messages })
    assert.equal(late.ok, false)
    const fresh = page.getByRole('row').filter({ hasText: 'nobody/nothing' })
    await fresh.waitFor()
    await page.getByLabel('Value of the filter, or a request id').fill('2xx')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await fresh.waitFor({ state: 'detached' })
    assert.equal(new URL(page.url()).searchParams.get('status'), '2xx')
    await page.getByRole('row').filter({ hasText: 'assistant' }).getByRole('link').click()
    await seen(page, '1. openai/fault/http-503').waitFor()
    await seen(page, '2. claude/claude-sonnet-4-5').waitFor()
    await page.getByText('in the order of the configuration').waitFor()
    await page.getByRole('link', { name: 'Open page' }).click()
    await page.getByRole('tab', { name: 'Ledger' }).click()
    const lines = page.getByRole('table', { name: 'Lines of the ledger' }).getByRole('row')
    await until('both lines of the ledger', async () => ((await lines.count()) === 3 ? true : undefined))
    assert.deepEqual(faults, [])
  },
)

test('a key is made, shown once, used, rotated and revoked', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const browser = await openBrowser(t)
  const { page, faults } = await visit(browser, stack)
  const isAccepted = async (secret: string) => {
    const response = await fetch(`${stack.gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    return response.ok
  }
  const readSecret = async () => {
    const secret = await page.getByText(/^weir_/).innerText()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText(secret).waitFor({ state: 'detached' })
    return secret
  }
  await signIn(page, adminToken)
  await page.goto('/keys')
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByLabel('Name').fill('notebook')
  await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
  const first = await readSecret()
  assert.equal(await isAccepted(first), true)
  await page.getByRole('button', { name: 'Actions for notebook' }).click()
  await page.getByRole('menuitem', { name: 'Rotate' }).click()
  await page.getByLabel('The old secret holds on for').selectOption('not at all')
  await page.getByRole('button', { name: 'Rotate', exact: true }).click()
  const second = await readSecret()
  assert.deepEqual([await isAccepted(first), await isAccepted(second)], [false, true])
  await page.getByRole('button', { name: 'Actions for notebook' }).click()
  await page.getByRole('menuitem', { name: 'Revoke' }).click()
  const revoke = page.getByRole('button', { name: 'Revoke key' })
  assert.equal(await revoke.isDisabled(), true, 'the name has to be typed first')
  await page.getByLabel('Type notebook to confirm').fill('notebook')
  await revoke.click()
  await page.getByRole('row').filter({ hasText: 'notebook' }).waitFor({ state: 'detached' })
  assert.equal(await isAccepted(second), false)
  assert.deepEqual(faults, [])
})

test('what comes from outside is shown and never run', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const browser = await openBrowser(t)
  const { page, faults } = await visit(browser, stack)
  const create = (path: string, body: unknown) =>
    fetch(`${stack.gateway.url}/admin/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const ids: string[] = []
  for (const text of corpus) {
    await create('/keys', { name: text })
    await create('/teams', { name: text, markup_percent: 0 })
    await create('/users', { name: text })
    const response = await stack.post('/v1/chat/completions', { model: text, messages, user: text })
    ids.push(response.headers.get('x-weir-request-id') ?? '')
    await (await stack.post('/v1/chat/completions', { model: `openai/${text}`, messages, user: text })).text()
  }
  await signIn(page, adminToken)
  for (const path of ['/overview', '/requests', '/keys', '/teams', '/users', '/providers']) {
    await page.goto(path)
    await seen(page, '@import').waitFor()
  }
  for (const id of ids) {
    await page.goto(`/requests/${id}`)
    await page.getByText('Asked for').waitFor()
  }
  await page.goto(`/requests/${ids.at(-1)!}`)
  await seen(page, '\\u202egnp.exe\\u200b').waitFor()
  await page.goto(`/requests?model=${encodeURIComponent(corpus[1]!)}&user=${encodeURIComponent(corpus[0]!)}`)
  await seen(page, corpus[0]!).waitFor()
  const markup = 'document.querySelectorAll("#root script, #root iframe, #root img").length'
  assert.equal(await page.evaluate(markup), 0)
  assert.deepEqual(faults, [])
})

test(
  'an invitation sets a password; what a role may not do is not offered',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const owner = asOwner(stack)
    const { body: user } = await owner('POST', '/users', { name: 'Ada', email: 'ada@example.com' })
    const id = String(user['id'])
    await owner('PUT', `/users/${id}/account`, { roles: [{ role: 'viewer' }] })
    const { body: invitation } = await owner('POST', `/users/${id}/invitation`)
    const browser = await openBrowser(t)
    const { page, faults } = await visit(browser, stack)
    await page.goto(String(invitation['path']))
    await page.getByLabel('New password').fill('a long enough password')
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('row').filter({ hasText: 'declared:test' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Create key' }).count(), 0)
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByText('Ada, viewer').waitFor()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('E-mail').fill('ada@example.com')
    await page.locator('input[name=password]').fill('not the password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('That did not work').waitFor()
    await page.locator('input[name=password]').fill('a long enough password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    assert.deepEqual(faults, [])
  },
)

test(
  'many tabs share one live connection, and another takes it over',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const browser = await openBrowser(t)
    const { context, page, faults } = await visit(browser, stack)
    let connections = 0
    context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/admin/v1/events') connections++
    })
    await signIn(page, adminToken)
    await page.getByText('Live', { exact: true }).waitFor()
    const others: Page[] = []
    // More than the connections that a browser has to a host.
    for (let n = 0; n < 7; n++) {
      const other = await context.newPage()
      await other.goto('/requests')
      await other.getByText('Live', { exact: true }).waitFor()
      others.push(other)
    }
    assert.equal(connections, 1)
    const ask = () => stack.post('/v1/chat/completions', { model: 'openai/echo', messages })
    await ask()
    for (const other of others) await other.getByRole('row').filter({ hasText: 'openai/echo' }).waitFor()
    const taken = context.waitForEvent('response', (response) => response.url().endsWith('/admin/v1/events'))
    await page.close()
    await taken
    assert.equal(connections, 2)
    const [last] = others.slice(-1)
    await last!.getByText('Live', { exact: true }).waitFor()
    await ask()
    await until('the second request', async () =>
      (await last!.getByRole('row').filter({ hasText: 'openai/echo' }).count()) === 2 ? true : undefined,
    )
    assert.deepEqual(faults, [])
  },
)
