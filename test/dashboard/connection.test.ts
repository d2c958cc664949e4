/** What people have before them outlives a gateway that dies, a tab that is hidden, and a session that ends. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { asArray, type JsonObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { serveProcess } from '../support/process.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

test(
  'a gateway that is killed comes back under an open page, which then catches up',
  { skip: browserMissing },
  async (t) => {
    const folder = createTemporaryFolder()
    const config: JsonObject = {
      admin: { token: 'env:WEIR_ADMIN_TOKEN' },
      keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    }
    const env = { WEIR_ADMIN_TOKEN: adminToken, WEIR_TEST_KEY: testKey }
    const gateway = await serveProcess(t, folder, config, env)
    const { page, faults } = await visit(await openBrowser(t), { gateway })
    await signIn(page, adminToken)
    await page.goto('/keys')
    await page.getByRole('row').filter({ hasText: 'declared:test' }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByLabel('Name').fill('typed before the crash')
    await page.evaluate('window.isSamePage = true')
    gateway.child.kill('SIGKILL')
    await gateway.exited
    await page.getByText(/^Connection lost\. Showing data from \d\d:\d\d:\d\d\.$/).waitFor()
    await page.getByText(/^Retrying (in \d+ s\.|…)$/).waitFor()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Create key' }).click()
    await dialog.getByText('The gateway does not answer.').waitFor()
    // The command line needs no gateway that listens.
    const made = spawn(resolve(import.meta.dirname, '../../bin/weir'), ['keys', 'create', 'made meanwhile'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
      stdio: 'ignore',
    })
    assert.deepEqual(await once(made, 'close'), [0, null])
    const server = { port: Number(new URL(gateway.url).port) }
    await serveProcess(t, folder, { ...config, server }, env)
    // The dialog, which has to stay, is above it; and it may have been tried by itself just now.
    await page.evaluate(`document.querySelector('.connection-notice button')?.click()`)
    await page.getByText('Connection lost. Showing').waitFor({ state: 'detached' })
    await page.getByRole('row', { includeHidden: true }).filter({ hasText: 'made meanwhile' }).waitFor()
    assert.equal(await page.getByLabel('Name').inputValue(), 'typed before the crash')
    await dialog.getByRole('button', { name: 'Create key' }).click()
    await page.getByText(/^weir_/).waitFor()
    assert.equal(await page.evaluate('window.isSamePage'), true, 'nothing was loaded anew')
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('Failed to load resource')),
      [],
    )
  },
)

test(
  'a hidden tab stops at once, hands the connection on, and asks once when it is seen again',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const { context, page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto('/providers')
    await page.getByText('Live', { exact: true }).waitFor()
    const other = await context.newPage()
    await other.goto('/requests')
    await other.getByText('Live', { exact: true }).waitFor()
    const asked: string[] = []
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url())
      asked.push(`${pathname}${search}`)
    })
    const taken = other.waitForResponse('**/admin/v1/events')
    await setVisibility(page, 'hidden')
    await taken
    await page.getByText('Paused', { exact: true }).waitFor()
    const body = { model: 'openai/echo', messages: [{ role: 'user', content: 'Hello' }] }
    await stack.post('/v1/chat/completions', body)
    await other.getByRole('row').filter({ hasText: 'openai/echo' }).waitFor()
    assert.equal(asked.length, 0, `a hidden tab asked for ${asked.join(', ')}`)
    await setVisibility(page, 'visible')
    await page.getByText('Live', { exact: true }).waitFor()
    await until('what is shown to be asked for', () =>
      Promise.resolve(asked.includes('/admin/v1/providers') ? true : undefined),
    )
    await page.waitForLoadState('networkidle')
    const repeated = asked.filter((path, index) => asked.indexOf(path) !== index)
    assert.deepEqual(repeated, [], 'everything is asked for once')
    assert.ok(!asked.includes('/admin/v1/events'), 'the other tab keeps the connection')
    assert.deepEqual(faults, [])
  },
)

test(
  'what happens while one tab takes the connection over from another is caught up with',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t)
    const { context, page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.getByText('Live', { exact: true }).waitFor()
    const other = await context.newPage()
    await other.goto('/requests')
    await other.getByText('Live', { exact: true }).waitFor()
    const connect = Promise.withResolvers<void>()
    await other.route('**/admin/v1/events', async (route) => {
      await connect.promise
      await route.continue()
    })
    const taken = other.waitForRequest('**/admin/v1/events')
    await page.close()
    await taken
    const body = { model: 'openai/echo', messages: [{ role: 'user', content: 'Hello' }] }
    await (await stack.post('/v1/chat/completions', body)).text()
    await until('the record', async () =>
      asArray((await stack.admin('/requests'))['data']).length === 1 ? true : undefined,
    )
    await other.getByText('Connecting', { exact: true }).waitFor()
    connect.resolve()
    await other.getByText('Live', { exact: true }).waitFor()
    await other.getByRole('row').filter({ hasText: 'openai/echo' }).waitFor()
    assert.deepEqual(faults, [])
  },
)

test('a session that ends takes nothing away', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const { context, page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/keys')
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByLabel('Name').fill('typed before it ended')
  const [cookie] = await context.cookies()
  const ended = await fetch(`${stack.gateway.url}/admin/v1/session`, {
    method: 'DELETE',
    headers: { cookie: `${cookie!.name}=${cookie!.value}`, 'sec-fetch-site': 'same-origin' },
  })
  assert.equal(ended.ok, true)
  const form = page.getByRole('dialog', { name: 'Create key', includeHidden: true })
  await form.getByRole('button', { name: 'Create key', includeHidden: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await dialog.getByLabel('Admin token').fill(adminToken)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await page.getByLabel('Name').inputValue(), 'typed before it ended')
  await form.getByRole('button', { name: 'Create key' }).click()
  await page.getByText(/^weir_/).waitFor()
  assert.deepEqual(faults, [])
})

/** As the browser tells it when another tab comes to the front: without a screen none ever does. */
async function setVisibility(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' })
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${state === 'hidden'} })
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
  `)
}
