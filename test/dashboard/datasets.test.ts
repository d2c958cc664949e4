/** Requests that are chosen one by one in the dashboard become a suite, and the suite a run. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { asArray, type JsonObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

test('requests are chosen on their pages, made a suite, and run', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config: { payloads: { record: 'on' } } })
  const ask = async (content: string, more: JsonObject = {}): Promise<string> => {
    const body = { model: 'openai/echo', messages: [{ role: 'user', content }], ...more }
    const response = await stack.post('/v1/chat/completions', body)
    await response.text()
    return response.headers.get('x-weir-request-id') ?? ''
  }
  const plain = await ask('May I send it back?')
  const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
  const withTool = await ask('Look it up.', { tools: [tool] })
  await until('the payloads', async () =>
    asArray((await stack.admin('/payloads'))['data']).length === 2 ? true : undefined,
  )
  const { page, faults } = await visit(await openBrowser(t), stack)
  const choose = page.getByRole('button', { name: 'Add to dataset' })
  await signIn(page, adminToken)
  await page.goto(`/requests/${withTool}`)
  await choose.click()
  await page.getByText('1 request chosen').waitFor()
  await page.getByRole('button', { name: 'Remove from dataset' }).click()
  await choose.click()
  await page.goto(`/requests/${plain}`)
  await choose.click()
  await page.getByRole('link', { name: '2 requests chosen' }).click()
  const chosen = page.getByRole('region', { name: 'Chosen requests' })
  await chosen.getByRole('link', { name: withTool }).waitFor()
  await chosen.getByLabel(/hold the next one to$/).selectOption('the same text')
  await chosen.getByRole('button', { name: 'Make a suite of them' }).click()
  await chosen.getByText('1 case. Left out: 1 offers tools.').waitFor()
  await page.getByLabel('Candidate').fill('claude/echo')
  await page.getByRole('button', { name: 'Estimate cost and power' }).click()
  await page.getByRole('button', { name: /^Start run/ }).click()
  await page.getByRole('table', { name: 'Cases', exact: true }).getByRole('link').click()
  const answer = page.getByRole('region', { name: 'Answer of claude/echo', exact: true })
  await answer.getByRole('list', { name: 'Assertions' }).getByText('equals').waitFor()
  await page.goto('/evals/new')
  await chosen.getByRole('button', { name: `Remove ${withTool}` }).click()
  await chosen.getByRole('button', { name: 'Forget them' }).click()
  await chosen.waitFor({ state: 'detached' })
  assert.deepEqual(faults, [])
})
