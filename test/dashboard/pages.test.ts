/** Every page of the dashboard, in both themes and two widths: it shows what it should, accessibly, and stays in its policy. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import type { Page } from 'playwright-core'
import {
  browserMissing,
  keepScreenshot,
  openBrowser,
  signIn,
  type Theme,
  visit,
  type Width,
} from '../support/browser.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Each page with something that it shows once its data is there. */
const pages = [
  { name: 'overview', path: '/overview', shows: 'of them failed' },
  { name: 'requests', path: '/requests', shows: 'assistant' },
  { name: 'keys', path: '/keys', shows: 'mobile app' },
  { name: 'teams', path: '/teams', shows: 'Support' },
  { name: 'users', path: '/users', shows: 'ada@example.com' },
  { name: 'providers', path: '/providers', shows: 'Anthropic' },
  { name: 'alerts', path: '/alerts', shows: 'No channel is configured' },
  { name: 'spend', path: '/spend', shows: 'Per 1,000 requests' },
  { name: 'evals', path: '/evals', shows: 'returns desk' },
] as const

/** All four in CI, which keeps the pictures; else each theme and each width once. */
const isWhole = process.env['CI'] !== undefined || process.env['WEIR_PROVE'] !== undefined
const widths: Readonly<Record<Theme, readonly Width[]>> = isWhole
  ? { light: [1440, 390], dark: [1440, 390] }
  : { light: [1440], dark: [390] }

test('each page in both themes and widths', { skip: browserMissing }, async (t) => {
  const stack = await startStack(t, {
    config: {
      routes: {
        assistant: { strategy: 'ordered', targets: ['openai/fault/http-503', 'claude/claude-sonnet-4-5'] },
      },
    },
  })
  const evaluation = await fill(stack)
  const browser = await openBrowser(t)
  for (const theme of ['light', 'dark'] as const) {
    for (const width of widths[theme]) {
      const { context, page, faults } = await visit(browser, stack, { theme, width })
      await signIn(page, adminToken)
      for (const { name, path, shows } of pages) {
        await page.goto(path)
        await page.getByText(shows).first().waitFor()
        await inspect(page, name, theme, width)
      }
      const { data } = (await stack.admin('/requests?route=assistant&limit=1')) as { data: { id: string }[] }
      await page.goto(`/requests/${data[0]!.id}`)
      await page.getByText('Provider cost').first().waitFor({ state: 'attached' })
      await inspect(page, 'request', theme, width)
      await page.goto(`/evals/${evaluation}`)
      await page.getByRole('button', { name: 'case-1, ' }).first().waitFor()
      await inspect(page, 'evaluation', theme, width)
      assert.deepEqual(faults, [], `${theme}, ${width}`)
      await context.close()
    }
  }
})

/** Puts into a gateway what the pages are to show. Gives the id of an evaluation. */
async function fill(stack: Stack): Promise<string> {
  const create = async (path: string, body: unknown): Promise<{ id: string }> => {
    const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    assert.equal(response.status, 201, `${path}: ${text}`)
    return JSON.parse(text) as { id: string }
  }
  const team = await create('/teams', { name: 'Support', markup_percent: 5, credit_usd: '250' })
  const user = await create('/users', { name: 'Ada', email: 'ada@example.com', team: team.id })
  await create('/keys', {
    name: 'mobile app',
    team: team.id,
    limits: { rpm: 600 },
    models: ['assistant', 'openai/*'],
  })
  await create('/keys', { name: "Ada's notebook", user: user.id })
  const run = await create('/evals', { entry: 'suite.yaml', files: { 'suite.yaml': JSON.stringify(suite) } })
  await until(
    'the end of the evaluation',
    async () => {
      const { status } = await stack.admin(`/evals/${run.id}`)
      return status === 'running' ? undefined : true
    },
    30_000,
  )
  const messages = [{ role: 'user', content: 'How long do I have to send it back?' }]
  const models = [
    'openai/words-60',
    'claude/echo',
    'assistant',
    'google/words-20',
    'openai/fault/http-429',
    'mistral/echo',
  ]
  for (let n = 0; n < 48; n++) {
    const model = models[n % models.length]!
    const response = await stack.post(
      '/v1/chat/completions',
      { model, messages, stream: n % 2 === 0, ...(model === 'assistant' && { logit_bias: { 5: 1 } }) },
      { 'x-weir-user': `user-${n % 5}`, 'x-weir-session': `talk-${n % 3}`, 'x-weir-tags': 'support' },
    )
    await response.text()
  }
  return run.id
}

/** Every fourth case asks for what the answer, an echo, does not hold. */
const suite = {
  name: 'returns desk',
  prompts: ['{{question}}'],
  candidate: 'openai/echo',
  baseline: 'claude/echo',
  repeat: 3,
  tests: Array.from({ length: 16 }, (_, index) => ({
    id: `case-${index + 1}`,
    vars: { question: `May I send order ${index} back?` },
    assert: [{ type: 'contains', value: index % 4 === 0 ? 'refund' : `order ${index}` }],
  })),
  gate: { margin: 0.05, latencyP95: { maxMs: 15_000 }, maxErrorRate: 0.02 },
}

async function inspect(page: Page, name: string, theme: Theme, width: Width): Promise<void> {
  await keepScreenshot(page, `${name}-${theme}-${width}`)
  const sideways = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.equal(sideways, 0, `${name} at ${width} scrolls sideways`)
  assert.deepEqual(await findingsOf(page), [], `${name}, ${theme}, ${width}`)
}

/** What axe finds that is serious or worse. */
async function findingsOf(page: Page): Promise<string[]> {
  // The page's policy refuses injected scripts; a debugger's evaluation is none.
  await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`)
  const { passes, violations } = (await page.evaluate('axe.run()')) as {
    passes: unknown[]
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  assert.ok(passes.length > 10, 'axe looked at the page')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
}
