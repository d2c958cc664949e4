/** Text that would run, load or deceive, in every place of a gateway where outsiders write, and the pages that show it. */

import { type AdminClient, withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { batchClient } from './batches.ts'
import type { Stack } from './stack.ts'
import { until } from './until.ts'

export const corpus = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  'javascript:alert(1)',
  '"><iframe srcdoc="<script>alert(1)</script>">',
  "';alert(1)//",
  '{{constructor.constructor("alert(1)")()}}',
  '[x](javascript:alert(1)) ![x](https://example.invalid/leak.png)',
  '<style>@import "https://example.invalid/a.css"</style>',
  '\u202Egnp.exe\u200B',
]

/** All of it in one text, for what there is one of. */
const worst = corpus.join(' ')

/** Writes it everywhere; gives the pages of single things that hold it. */
export async function fillHostile(stack: Stack): Promise<readonly string[]> {
  return withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const owners = await fillOwners(admin)
    const requests = await fillRequests(stack)
    const run = await fillEvaluation(stack, admin)
    const batch = await fillBatch(stack)
    const set = await fillDrift(admin)
    const paths = ['keys', 'teams', 'users'].map((kind, index) => `/${kind}/${owners[index]!}`)
    const filters = `user=${encodeURIComponent(corpus[0]!)}&tag=${encodeURIComponent(worst)}`
    return [
      ...paths,
      ...requests.map((id) => `/requests/${id}`),
      `/requests?${filters}`,
      `/sessions/${encodeURIComponent(worst)}`,
      `/evals/${run}`,
      `/evals/${run}/case-0`,
      '/evals/new',
      `/batches/${batch}`,
      `/drift/${encodeURIComponent(set)}`,
      `/routes/${encodeURIComponent(worst)}`,
      `/experiments/${encodeURIComponent(worst)}`,
      `/shadow/${encodeURIComponent(worst)}`,
      `/playground?target=${encodeURIComponent(corpus[1]!)}`,
      `/audit?object=${encodeURIComponent(corpus[2]!)}`,
      `/guardrails?rule=${encodeURIComponent(worst)}`,
    ]
  })
}

async function fillOwners(admin: AdminClient): Promise<readonly string[]> {
  const create = async (path: string, body: JsonObject) =>
    asString(asObject(await admin.post(path, body))?.['id']) ?? ''
  let last: readonly string[] = []
  for (const text of corpus) {
    const team = await create('/teams', { name: text, markup_percent: 0, metadata: { note: text } })
    const user = await create('/users', { name: text, team })
    const key = await create('/keys', { name: text, user, models: [text] })
    await create('/budgets', { scope: 'tag', subject: text, usd: '0.00001', period: 'day', cap: 'soft' })
    await admin.post('/secrets', { name: 'hostile', value: text })
    last = [key, team, user]
  }
  return last
}

/** As the name of a model, of a user, a session and a tag, as the prompt, and as the answer, which is an echo. */
async function fillRequests(stack: Stack): Promise<readonly string[]> {
  const ids: string[] = []
  const ask = async (model: string, text: string, session: string) => {
    const body = { model, user: text, messages: [{ role: 'user', content: text, name: 'x' }] }
    const response = await stack.post('/v1/chat/completions', body, {
      // Header values are bytes: what does not fit in them comes by the body.
      'x-weir-session': printable(session),
      'x-weir-tags': printable(text).replaceAll(',', ';'),
    })
    await response.text()
    ids.push(response.headers.get('x-weir-request-id') ?? '')
  }
  for (const text of corpus) {
    await ask(text, text, text)
    await ask('openai/echo', text, worst)
    await ask(`openai/${text}`, text, worst)
  }
  return ids.slice(-6)
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '')
}

/** Suites and golden sets are templates. */
function literal(text: string): string {
  return text.replaceAll('{{', '{ {')
}

async function fillEvaluation(stack: Stack, admin: AdminClient): Promise<string> {
  const suite = {
    name: worst,
    prompts: ['{{question}}'],
    candidate: 'openai/echo',
    baseline: 'claude/echo',
    repeat: 1,
    tests: corpus.map((text, index) => ({
      id: `case-${index}`,
      vars: { question: literal(text) },
      assert: [{ type: 'contains', value: literal(text) }],
    })),
  }
  const files = { 'suite.yaml': JSON.stringify(suite) }
  const id = asString(asObject(await admin.post('/evals', { entry: 'suite.yaml', files }))?.['id']) ?? ''
  await until(
    'the end of the evaluation',
    async () => ((await stack.admin(`/evals/${id}`))['status'] === 'running' ? undefined : true),
    30_000,
  )
  return id
}

async function fillBatch(stack: Stack): Promise<string> {
  const batches = batchClient(stack.gateway.url)
  const lines = corpus.map((text) => ({
    custom_id: text,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: text, messages: [{ role: 'user', content: text }] },
  }))
  const id = await batches.submit(lines, { metadata: { note: corpus[1]! } })
  await batches.ended(id)
  return id
}

async function fillDrift(admin: AdminClient): Promise<string> {
  const name = 'hostile'
  const golden = {
    name,
    target: 'openai/echo',
    samples: 1,
    baseline: { runs: 2 },
    prompts: corpus.map((text, index) => ({
      id: `prompt-${index}`,
      prompt: literal(text),
      assert: [{ type: 'contains', value: 'nothing' }],
    })),
  }
  const files = { 'golden.yaml': JSON.stringify(golden) }
  await admin.post('/drift/runs', { file: 'golden.yaml', files, baseline: true, times: 2 })
  await admin.post('/drift/runs', { file: 'golden.yaml', files, times: 1 })
  const { data } = asObject(await admin.get('/drift')) ?? {}
  return asString(asObject(asArray(data).find((set) => asObject(set)?.['name'] === name))?.['name']) ?? name
}
