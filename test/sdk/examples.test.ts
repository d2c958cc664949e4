import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'
import { type Stack, startStack, testKey } from '../support/stack.ts'
import { pythonOrSkip } from './python.ts'

const folder = resolve(import.meta.dirname, '../../examples')

interface Example {
  readonly file: string
  readonly arguments?: readonly string[]
  readonly model: string
  readonly prints: RegExp
}

/** The words of the simulator's models: the echo of each question, the tool's own answer, then the end of the round. */
const chat =
  /^Say in one sentence what a weir is\.\nCount from one to ten in words\.\n\((\d+) tokens in, (\d+) out\)\ntime_in\(Asia\/Tokyo\) = \d\d:\d\d:\d\d\nThe tool has answered\.\n$/

const examples: readonly Example[] = [
  { file: 'openai-chat.ts', model: 'claude/tools', prints: chat },
  { file: 'openai-responses.ts', model: 'google/tools', prints: chat },
  { file: 'anthropic.ts', model: 'openai/tools', prints: chat },
  { file: 'gemini.ts', model: 'claude/tools', prints: chat },
  { file: 'vercel-ai.ts', model: 'google/tools', prints: chat },
  { file: 'langchain.ts', model: 'claude/tools', prints: chat },
  { file: 'python/openai_chat.py', model: 'google/tools', prints: chat },
  { file: 'python/anthropic_messages.py', model: 'openai/tools', prints: chat },
  { file: 'python/gemini.py', model: 'claude/tools', prints: chat },
  {
    file: 'python/instructor_structured.py',
    model: 'claude/json',
    prints:
      /^\{\n {2}"name": "text",\n {2}"length_km": 0.5,\n {2}"countries": \[\n {4}"text"\n {2}\]\n\}\n[^]*name='text' length_km=0.5 countries=\['text'\]\n$/,
  },
  {
    file: 'python/many_calls_asyncio.py',
    arguments: ['60', '20'],
    model: 'mistral/words-5',
    prints: /^60 of 60 calls answered in \d+\.\d s, \d+ tokens\n$/,
  },
]

async function run(
  { gateway }: Stack,
  { file, arguments: rest = [], model }: Example,
  interpreter: string,
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(interpreter, [join(folder, file), ...rest], {
    env: { PATH: process.env['PATH'], WEIR_URL: gateway.url, WEIR_KEY: testKey, WEIR_MODEL: model },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, out, err }
}

function interpreterOf(t: TestContext, file: string): string | undefined {
  return file.endsWith('.ts') ? process.execPath : pythonOrSkip(t)
}

test('every example runs against the gateway, and prints what the model said', async (t) => {
  const stack = await startStack(t)
  for (const example of examples) {
    await t.test(example.file, async (t) => {
      const interpreter = interpreterOf(t, example.file)
      if (interpreter === undefined) return
      const before = stack.simulator.receipts().at(-1)?.n ?? 0
      const { code, out, err } = await run(stack, example, interpreter)
      assert.equal(code, 0, err)
      assert.match(out, example.prints)
      const receipts = stack.simulator.receipts(before)
      assert.ok(receipts.length > 0 && receipts.every(({ ended }) => ended === 'complete'))
    })
  }
})

test('a failure is told by code and by exit status', async (t) => {
  const stack = await startStack(t)
  const interpreter = pythonOrSkip(t)
  if (interpreter === undefined) return
  const file = 'python/many_calls_asyncio.py'
  const example = { file, arguments: ['4', '2'], model: 'nowhere/echo', prints: /./ }
  const { code, out } = await run(stack, example, interpreter)
  assert.equal(code, 1)
  assert.match(out, /^0 of 4 calls answered .*\n4 failed: 404 model_not_found\n$/)
})

test('no example is left out, of these tests or of the list for readers', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(ts|py)$/.test(name),
  )
  assert.deepEqual(files.toSorted(), examples.map(({ file }) => file).toSorted())
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const file of files) assert.ok(readme.includes(`examples/${file}`), file)
})
