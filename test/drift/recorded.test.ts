/** Recorded requests become a golden set that runs, through a real gateway and the command line. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { AdminError, withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { loadGoldenSet } from '../../src/drift/golden.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const prompt = 'You answer for a shop. Today is {{date}}.'

test('a golden set of recorded requests: each question once, redacted, and it runs', async (t) => {
  const stack = await startStack(t, {
    config: {
      routes: { assistant: { targets: ['openai/echo'], prompt } },
      payloads: { routes: { assistant: 'on' }, redact: ['email'] },
    },
  })
  const ask = async (content: string, more: JsonObject = {}): Promise<void> => {
    const messages = [{ role: 'user', content }]
    const response = await stack.post('/v1/chat/completions', { model: 'assistant', messages, ...more })
    await response.arrayBuffer()
  }
  for (let n = 0; n < 3; n++) await ask('How long can I return a lamp?', { temperature: 0.5 })
  await ask('How long can I return a lamp??', { temperature: 0.5 })
  await ask('Who is ada@example.com, and what does {{price}} mean?')
  const look = { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } }
  await ask('WHERE IS PARCEL 4711', { tools: [{ type: 'function', function: look }], tool_choice: 'auto' })
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
  await stack
    .post('/v1/chat/completions', {
      model: 'assistant',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }],
    })
    .then((response) => response.arrayBuffer())
  await until('the payloads', async () => {
    const { data } = await stack.admin('/payloads?route=assistant')
    return asArray(data).length === 7 ? true : undefined
  })

  const folder = dirname(stack.configFile)
  const place = ['--data', stack.gateway.config.dataDir, '--config', stack.configFile]
  const weir = (...args: string[]) =>
    promisify(execFile)(join(import.meta.dirname, '../../bin/weir'), ['drift', ...args, ...place], {
      cwd: folder,
    })
  const told = await weir('golden', 'assistant', '-o', 'golden.yaml', '--prompts', '3', '--samples', '2')
  assert.match(
    told.stderr,
    /assistant-traffic, version 1: 3 prompts of 4 questions in 7 requests; left out: 1 holds more than text/,
  )
  const text = readFileSync(join(folder, 'golden.yaml'), 'utf8')
  assert.doesNotMatch(text, /ada@|You answer for a shop/)

  const { set } = await loadGoldenSet('golden.yaml', async () => text)
  assert.equal(set.target, 'assistant')
  const asked = new Map(
    set.cases.map((each) => [
      each.steps.map((step) => (step.role === 'user' ? step.text : '')).join(''),
      each,
    ]),
  )
  // The lamp, asked four times in two spellings, is there once.
  assert.equal([...asked.keys()].filter((question) => question.includes('lamp')).length, 1)
  const lamp = asked.get('How long can I return a lamp?')
  assert.deepEqual([lamp?.params.temperature, lamp?.metadata['times']], [0.5, 3])
  assert.equal(asked.get('WHERE IS PARCEL 4711')?.params.tools?.[0]?.function.name, 'look')
  assert.ok(asked.has('Who is [email], and what does {{price}} mean?'))

  await withAdmin({ data: stack.gateway.config.dataDir }, async (admin) => {
    const run = async () =>
      asObject(
        asArray(
          asObject(await admin.post('/drift/runs', { set: 'assistant-traffic', baseline: true }))?.['data'],
        )[0],
      )
    const first = await run()
    assert.deepEqual([first?.['verdict'], first?.['valid_rows']], ['ok', 6])
    // What the watch itself asked is no traffic, and the same choice is the same version.
    const again = asObject(
      await admin.post('/drift/golden-sets', { route: 'assistant', prompts: 3, samples: 2 }),
    )
    assert.deepEqual([again?.['version'], again?.['questions']], [1, 4])
    const other = asObject(await admin.post('/drift/golden-sets', { route: 'assistant', prompts: 2 }))
    assert.deepEqual([other?.['version'], other?.['prompts']], [2, 2])
    const ofModel = asObject(
      await admin.post('/drift/golden-sets', { route: 'assistant', name: 'm', target: 'openai/echo' }),
    )
    // Without the route, what it adds is part of the question.
    assert.match(String(ofModel?.['text']), /system: You answer for a shop\. Today is \d{4}-/)
    const { data: audit } = asObject(await admin.get('/audit?action=drift.choose'))!
    assert.deepEqual(
      asArray(audit).map((entry) => asObject(entry)?.['object']),
      [
        'golden-set:m',
        'golden-set:assistant-traffic',
        'golden-set:assistant-traffic',
        'golden-set:assistant-traffic',
      ],
    )
    await assert.rejects(
      admin.post('/drift/golden-sets', { route: 'nobody' }),
      (error) => error instanceof AdminError && /none is recorded: see `payloads`/.test(error.message),
    )
  })
})
