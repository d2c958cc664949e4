/** What people judge by what was answered: alarms that lead back, arms that cannot be compared, lines of batches that failed. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { hashUnit } from '../../src/routing/experiment.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { beginsAt, browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { startDrifted } from '../support/dashboard-data.ts'
import { asOwner } from '../support/people.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { inParallel, until } from '../support/until.ts'

test(
  'an alarm has a page with its evidence, from which the route goes back',
  { skip: browserMissing },
  async (t) => {
    const stack = await startDrifted(t)
    const owner = asOwner(stack)
    const settings = { targets: ['openai/clerk', 'claude/echo'] }
    assert.equal((await owner('POST', '/routes/clerk/revisions', { settings })).status, 201)
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto('/drift/shop')
    await page.getByRole('region', { name: 'Alarm', exact: true }).getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'Alarm' }).waitFor()
    await page.getByRole('table', { name: 'Metrics of the run' }).getByText('Refusals').waitFor()
    await page
      .getByRole('region', { name: /before and now$/ })
      .first()
      .waitFor()
    await page.getByText('Suggested: @1').waitFor()
    await page.getByRole('button', { name: 'Roll back…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Roll back clerk' })
    await dialog.getByText('Every request for clerk goes to @1 within five seconds').waitFor()
    await beginsAt(dialog, 'Cancel')
    await dialog.getByRole('button', { name: 'Roll back to @1' }).click()
    await page.getByRole('row').filter({ hasText: 'rollback' }).filter({ hasText: 'drift: ' }).waitFor()
    assert.equal((await stack.admin('/routes/clerk'))['live'], 1)
    await page.getByRole('button', { name: 'Roll back…' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Silence for a week' }).click()
    await page.getByText(/silenced by/).waitFor()
    const { data } = await stack.admin('/drift/alarms')
    const alarm = asObject(asArray(data)[0])
    assert.ok(Date.parse(asString(alarm?.['until']) ?? '') > Date.now(), 'it is silenced until a time')
    assert.deepEqual(faults, [])
  },
)

test('an experiment whose arms are unbalanced hides its results', { skip: browserMissing }, async (t) => {
  const experiment: JsonObject = {
    name: 'e1',
    metric: 'errors',
    minUnits: 20,
    arms: [{ name: 'control' }, { name: 'other', targets: ['claude/echo'] }],
  }
  const routes = { greeter: { strategy: 'experiment', targets: ['openai/echo'], experiment } }
  const stack = await startStack(t, { config: { routes } })
  const sessions = Array.from({ length: 500 }, (_, n) => `s${n}`)
  const isControl = (session: string) => Number.parseInt(hashUnit('e1', session), 16) < 2 ** 51
  const callers = [
    ...sessions.filter(isControl).slice(0, 200),
    ...sessions.filter((session) => !isControl(session)).slice(0, 2),
  ]
  await inParallel(callers, 8, async (session) => {
    const body = { model: 'greeter', messages: [{ role: 'user', content: 'Hello' }] }
    const response = await stack.post('/v1/chat/completions', body, { 'x-weir-session': session })
    assert.equal(response.status, 200, await response.text())
  })
  // It is found before all are counted where a look comes in between.
  await until('the mismatch', async () => {
    const { sample_ratio: ratios } = await stack.admin('/experiments/greeter')
    return asArray(ratios).some((ratio) => asObject(ratio)?.['mismatch'] === true) || undefined
  })
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/experiments/greeter')
  await page.getByText(/^Arms are unbalanced \(p = [\d.e-]+\)\. Results are hidden\.$/).waitFor()
  await page.getByRole('region', { name: 'Dealt out as meant?' }).getByText('unbalanced').first().waitFor()
  assert.equal(await page.getByText('other against control').count(), 0)
  assert.deepEqual(faults, [])
})

test('the lines of a batch that failed are told by their codes', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t)
  const batches = batchClient(stack.gateway.url)
  const models = ['openai/echo', 'openai/echo', 'openai/fault/http-400']
  const id = await batches.submit(models.map((model, index) => chatLine(`line-${index}`, model)))
  await batches.ended(id)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto(`/batches/${id}`)
  const throughput = page.getByRole('region', { name: 'Throughput' })
  await throughput.getByText(/^3 lines began, at most .*\/s; 1 of them failed\. Per /).waitFor()
  await page.getByText('1 line failed.').waitFor()
  await page.getByRole('button', { name: 'Show failed lines' }).click()
  await page
    .getByRole('table', { name: 'Failed lines' })
    .getByRole('row')
    .filter({ hasText: 'line-2' })
    .waitFor()
  const codes = page.getByRole('table', { name: 'Errors by code' }).getByRole('row')
  assert.equal(await codes.count(), 2, 'its head and one code')
  assert.deepEqual(faults, [])
})

test('a batch is watched, paused and cancelled', { skip: browserMissing }, async (t) => {
  // By itself it takes minutes: it does not end before the page has come to it.
  const stack = await startStack(t, { config: { batches: { concurrency: 4 } } })
  const lines = Array.from({ length: 400 }, (_, index) => chatLine(`line-${index}`, 'openai/slow-50ms'))
  const batches = batchClient(stack.gateway.url)
  const { page, faults } = await visit(await openBrowser(t), stack)
  await signIn(page, adminToken)
  await page.goto('/batches')
  const id = await batches.submit(lines)
  await page.getByRole('row').filter({ hasText: 'in progress' }).getByRole('link', { name: id }).click()
  const progress = page.getByRole('region', { name: 'Progress' })
  await progress.getByText(/^[1-9]\d* of 400$/).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await progress.getByText('paused').waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'Cancel…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cancel the batch' })
  await dialog.getByText(/^\d+ lines are kept\. \d+ will not run\.$/).waitFor()
  await beginsAt(dialog, 'Cancel')
  await dialog.getByRole('button', { name: 'Cancel the batch' }).click()
  assert.equal((await batches.ended(id))['status'], 'cancelled')
  await progress.getByText('cancelled', { exact: true }).first().waitFor()
  assert.deepEqual(faults, [])
})
