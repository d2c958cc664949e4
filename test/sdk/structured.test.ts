import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { after, before } from 'node:test'
import { type Stack, startStack, testKey } from '../support/stack.ts'
import { providersOf } from '../structured/shapes.ts'
import { createClients } from './matrix.ts'
import { pythonOrSkip } from './python.ts'

const script = resolve(import.meta.dirname, 'python/matrix.py')

/** Providers that hold no model to a schema, each asked in its best remaining way. */
const withoutSchemas = [
  'openai-tool',
  'openai-json',
  'openai-words',
  'claude-tool',
  'claude-words',
  'google-words',
]

/** An answer that is good, and some to be mended. */
const models = ['json', 'fault/breaks-fence', 'fault/breaks-comma', 'fault/breaks-nesting']

let stack: Stack
let end: () => Promise<void>

before(async () => {
  stack = await startStack(
    { after: (close) => (end = close) },
    {
      config: (url) => ({
        providers: providersOf(url),
        routes: Object.fromEntries(
          withoutSchemas.map((provider) => [
            `${provider}-reasked`,
            { targets: [`${provider}/fault/breaks-type`, 'claude-tool/json'] },
          ]),
        ),
      }),
    },
  )
})
after(() => end())

test("the SDKs' own helpers parse answers of targets without schemas", async (t) => {
  const clients = createClients({ url: stack.gateway.url, key: testKey })
  for (const client of clients) {
    await t.test(client.name, async () => {
      for (const provider of withoutSchemas) {
        // Where a call's input is an object on the wire, it cannot be written wrongly.
        const isWritten = provider !== 'claude-tool'
        const names = models.filter((name) => isWritten || !/fence|comma/.test(name))
        for (const model of names.map((name) => `${provider}/${name}`)) {
          assert.deepEqual(await client.person(model), { name: 'text', height: 0.5, city: 'Bern' }, model)
        }
        assert.deepEqual(await client.person(`${provider}-reasked`), {
          name: 'text',
          height: 0.5,
          city: 'Bern',
        })
      }
    })
  }
})

test("the Python SDKs' helpers and instructor do too", async (t) => {
  const python = pythonOrSkip(t)
  if (python === undefined) return
  // Instructor forces a tool of its own: that is no answer by schema, and is passed on as it is.
  const targets = withoutSchemas.map((provider) => `${provider}/json`)
  const args = [script, stack.gateway.url, testKey, stack.simulatorUrl, '--structured', ...targets]
  const child = spawn(python, args, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [lines, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const cells = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { sdk: string; provider: string; error: string | null })
  assert.equal(cells.length, 5 * withoutSchemas.length, errors)
  for (const { sdk, provider, error } of cells) assert.equal(error, null, `${sdk}, ${provider}`)
})
