/** What people judge in the dashboard by live traffic: experiments, and what guardrails found in a request. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { browserMissing, openBrowser, seen, signIn, visit } from '../support/browser.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const experiment: JsonObject = {
  name: 'e1',
  metric: 'errors',
  minUnits: 20,
  arms: [{ name: 'control' }, { name: 'other', targets: ['claude/echo'] }],
}
const routes = { greeter: { strategy: 'experiment', targets: ['openai/echo'], experiment } }

test('an experiment is watched while it has few units, and stopped', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config: { routes } })
  const body = { model: 'greeter', messages: [{ role: 'user', content: 'Hello' }] }
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await stack.post('/v1/chat/completions', body, { 'x-weir-session': 's1' })
  await page.goto('/experiments')
  await page.getByRole('row').filter({ hasText: 'running' }).getByRole('link', { name: 'greeter' }).click()
  await page.getByText('Nothing is looked at before each arm has 20 units.').waitFor()
  await page.getByRole('button', { name: 'Ramp…' }).click()
  const save = page.getByRole('button', { name: 'Save as @2' })
  assert.equal(await save.isDisabled(), true)
  await page.getByLabel('Weight of other').fill('3')
  await page.getByText('75 % of the callers').waitFor()
  await save.click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await until('the experiment of the new shares', async () => {
    await stack.post('/v1/chat/completions', body, { 'x-weir-session': 's2' })
    const { name, arms } = await stack.admin('/experiments/greeter')
    const shares = asArray(arms).map((arm) => asObject(arm)?.['share'])
    return name === 'e1-2' && String(shares) === '0.25,0.75' ? true : undefined
  })
  await seen(page, 'e1-2').waitFor()
  await page.getByRole('button', { name: 'Stop…' }).click()
  await page.getByLabel('Why').fill('it was for a look')
  await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
  await page.getByText('it was for a look').waitFor()
  await page.getByRole('button', { name: 'Stop…' }).waitFor({ state: 'detached' })
  const after = await stack.post('/v1/chat/completions', body, { 'x-weir-session': 's2' })
  assert.equal(after.headers.get('x-weir-experiment'), null)
  assert.deepEqual(faults, [])
})

test(
  'what a guardrail decided leads to its request, where the prompt is hidden',
  { skip: browserMissing },
  async (t) => {
    const guardrails = {
      rules: { pii: { detect: ['email'], action: 'redact' } },
      routes: { '*': ['pii'] },
    }
    const stack = await startStack(t, { config: { guardrails, payloads: { record: 'on' } } })
    await stack.post('/v1/chat/completions', {
      model: 'openai/echo',
      messages: [{ role: 'user', content: 'Write to ada@example.org, please.' }],
    })
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto('/guardrails')
    await page.getByRole('row').filter({ hasText: 'redact 1' }).waitFor()
    const decisions = page.getByRole('table', { name: 'Decisions' })
    await decisions.getByRole('row').filter({ hasText: '1 email' }).getByRole('link').click()
    await page.getByRole('tab', { name: 'Guardrails (1)' }).click()
    await page.getByRole('table', { name: 'Decisions of guardrails' }).getByText('pii').waitFor()
    await page.getByRole('tab', { name: 'Request' }).click()
    await seen(page, 'Write to [EMAIL_1], please.').waitFor()
    assert.equal(await page.getByText('ada@example.org').count(), 0)
    await page.getByRole('button', { name: 'Show as JSON' }).click()
    await page.getByText('"openai-chat"').or(page.getByText('"turns"')).first().waitFor()
    assert.deepEqual(faults, [])
  },
)
