/** Evaluations in the dashboard: a run estimated, started, watched, cancelled, and looked at case by case. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { beginsAt, browserMissing, openBrowser, signIn, visit } from '../support/browser.ts'
import { adminToken, type Lifetime, type Stack, startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** The candidate answers with words of its own: two cases ask for what only an echo holds. */
const suite: JsonObject = {
  name: 'returns desk',
  prompts: ['{{question}}'],
  candidate: 'openai/words-20',
  baseline: 'claude/echo',
  tests: Array.from({ length: 24 }, (_, index) => ({
    id: `case-${index}`,
    vars: { question: `May I send order ${index} back?` },
    tags: ['returns'],
    assert: [index < 2 ? { type: 'contains', value: `order ${index} ` } : { type: 'regex', value: '\\w' }],
  })),
  gate: { margin: 0.03 },
}

const price = { price: { input: 1, output: 2 } }
const priced = { models: { 'openai/*': price, 'claude/*': price } }

test(
  'a run is estimated, started and decided as the command line decides it',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t, { config: priced })
    const { page, faults } = await visit(await openBrowser(t), stack)
    await signIn(page, adminToken)
    await page.goto('/evals')
    await page.getByText('No runs yet.').waitFor()
    await page.getByRole('link', { name: 'New run' }).click()
    const file = { name: 'suite.yaml', mimeType: 'text/yaml', buffer: Buffer.from(JSON.stringify(suite)) }
    await page.getByLabel('Or its files').setInputFiles(file)
    await page.getByRole('button', { name: 'Estimate cost and power' }).click()
    await page.getByText(/^The gate passes \d+ % of candidates that are as good/).waitFor()
    assert.equal(stack.simulator.receipts().length, 0, 'nothing is asked before the start')
    await page.getByRole('button', { name: 'Show as table' }).click()
    await page.getByRole('row').filter({ hasText: '-3 pp' }).waitFor()
    await page.getByLabel('Repeats').fill('2')
    await page.getByText('The gate passes').waitFor({ state: 'detached' })
    await page.getByLabel('Repeats').fill('')
    await page.getByRole('button', { name: 'Estimate cost and power' }).click()
    await page.getByRole('button', { name: /^Start run for \$/ }).click()
    const verdict = page.getByRole('region', { name: 'Verdict' })
    await verdict.getByText(/About \d+ more cases would decide/).waitFor()
    const told = await runTold(t, stack)
    assert.equal(told.code, 101)
    await page.goto('/evals')
    const rows = page.getByRole('row').filter({ hasText: 'returns desk' })
    await until('both runs', async () => ((await rows.count()) === 2 ? true : undefined))
    for (const row of await rows.all()) {
      await row.getByText(String(told.report['verdict'])).waitFor()
      await row.getByText(told.difference).waitFor()
    }
    assert.deepEqual(faults, [])
  },
)

test('cases are looked at one by one, those that flipped first', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, { config: priced })
  const { page, faults } = await visit(await openBrowser(t), stack)
  await runSuite(stack)
  await signIn(page, adminToken)
  await page.goto('/evals')
  await page.getByRole('row').filter({ hasText: 'inconclusive' }).getByRole('link').click()
  await page.getByText('2 pairs got worse, 0 better').waitFor()
  await page.getByRole('region', { name: 'By tag' }).getByText('returns').waitFor()
  await page.getByRole('table', { name: 'Measures' }).getByText('Pass rate').waitFor()
  const matrix = page.getByRole('table', { name: 'Cases', exact: true })
  assert.equal(await matrix.getAttribute('aria-rowcount'), '25')
  const first = matrix.getByRole('row').nth(1)
  await first.waitFor()
  assert.deepEqual(await first.getByRole('cell').locator('.only-read').allInnerTexts(), [
    '0 of 1 passed',
    '1 of 1 passed',
  ])
  await page.getByText('Worse 2').click()
  await until('two rows', async () =>
    (await matrix.getAttribute('aria-rowcount')) === '3' ? true : undefined,
  )
  await first.getByRole('link').click()
  await page.getByRole('region', { name: 'Asked' }).getByText('May I send order 0 back?').waitFor()
  const candidate = page.getByRole('region', { name: 'Answer of openai/words-20', exact: true })
  await candidate.getByText('failed').first().waitFor()
  await candidate.locator('ins').first().waitFor()
  await candidate.getByRole('list', { name: 'Assertions' }).getByText('contains').waitFor()
  await page
    .getByRole('region', { name: 'Answer of claude/echo', exact: true })
    .locator('del')
    .first()
    .waitFor()
  await candidate.getByRole('button', { name: 'Add to dataset' }).click()
  await candidate.getByRole('link', { name: '1 request chosen' }).waitFor()
  await page.getByText('1 of 2').waitFor()
  await page.keyboard.press(']')
  await page.getByRole('heading', { level: 1, name: 'case-1' }).waitFor()
  await page.getByText('2 of 2').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Next case' }).isDisabled(), true)
  await page.getByRole('button', { name: 'Previous case' }).click()
  await page.getByRole('heading', { level: 1, name: /case-0$/ }).waitFor()
  assert.deepEqual(faults, [])
})

test(
  'a kept suite is run again with other arms, watched, cancelled and gone on with',
  { skip: browserMissing },
  async (t) => {
    const stack = await startStack(t, { config: priced })
    const { page, faults } = await visit(await openBrowser(t), stack)
    await runSuite(stack)
    await signIn(page, adminToken)
    await page.goto('/evals/new')
    const kept = page.getByLabel('Suite', { exact: true })
    await kept.getByRole('option', { name: /^returns desk/ }).waitFor({ state: 'attached' })
    const known = await kept.getByRole('option', { name: /^returns desk/ }).getAttribute('value')
    await kept.selectOption(known)
    await page.getByLabel('Candidate').fill('openai/slow-1s')
    await page.getByLabel('Repeats').fill('20')
    await page.getByRole('button', { name: 'Estimate cost and power' }).click()
    await page.getByRole('table', { name: 'Calls and their cost' }).getByText('openai/slow-1s').waitFor()
    await page.getByRole('button', { name: /^Start run/ }).click()
    await page.getByText(/[1-9]\d* of 960 answers/).waitFor()
    await page.getByRole('button', { name: 'Cancel…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Cancel the run of returns desk' })
    await dialog.getByText(/\d+ answers are kept\. \d+ will not be asked/).waitFor()
    await beginsAt(dialog, 'Cancel')
    await dialog.getByRole('button', { name: 'Cancel the run' }).click()
    await page.getByRole('region', { name: 'Verdict' }).getByText('the run was stopped').waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Cancel…' }).waitFor()
    assert.deepEqual(faults, [])
  },
)

async function runSuite(stack: Stack): Promise<void> {
  const response = await fetch(`${stack.gateway.url}/admin/v1/evals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ entry: 'suite.yaml', files: { 'suite.yaml': JSON.stringify(suite) } }),
  })
  assert.equal(response.status, 201, await response.text())
  await until(
    'the end of the run',
    async () => {
      const { data } = await stack.admin('/evals')
      return asObject(asArray(data)[0])?.['status'] === 'finished' ? true : undefined
    },
    30_000,
  )
}

interface Told {
  readonly code: number
  readonly report: JsonObject
  /** Of the pass rates, as pages write it. */
  readonly difference: string
}

/** The same suite by the command line, over the same gateway. */
async function runTold(t: Lifetime, stack: Stack): Promise<Told> {
  const { dataDir } = stack.gateway.config
  const file = join(createTemporaryFolder(), 'suite.yaml')
  writeFileSync(file, JSON.stringify(suite))
  const child = spawn(
    resolve(import.meta.dirname, '../../bin/weir'),
    ['eval', 'run', file, '--json', '--data', dataDir],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const [[code], stdout] = await Promise.all([once(child, 'close') as Promise<[number]>, text(child.stdout)])
  const report = JSON.parse(stdout) as JsonObject
  const parts = asArray(asObject(report['gate'])?.['parts']).map(asObject)
  const estimate = Number(parts.find((part) => part?.['name'] === 'pass rate')?.['estimate'])
  return { code, report, difference: `${(estimate * 100).toFixed(1)} pp` }
}
