import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function weirModels(t: TestContext, args: readonly string[], yaml = '{}'): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-models-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'weir.yaml'), yaml)
  const command = [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'main.ts'),
    'models',
    ...args,
  ]
  return new Promise((resolve) => {
    const options = { cwd: folder, env: {}, maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, command, options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

test('models: a table with more than a thousand models', async (t) => {
  const { code, stdout, stderr } = await weirModels(t, [])
  assert.equal(stderr, '')
  assert.equal(code, 0)
  const lines = stdout.trimEnd().split('\n')
  assert.ok(lines.length > 1000, `${lines.length} lines`)
  assert.match(lines[0]!, /^MODEL +CONTEXT +OUTPUT +\$ IN +\$ CACHED +\$ OUT +CAN +RETIRES$/)
  assert.match(stdout, /^openai\/gpt-4o-mini +128,000 +16,384 +0\.15 +0\.075 +0\.6 +tools schema image/m)
  assert.match(stdout, /^anthropic\/claude-3-opus-20240229 .* 2026-01-05 -> claude-opus-4-1-20250805$/m)
})

test('models --provider --json: a provider of the configuration, with its own prices', async (t) => {
  const yaml = `providers: { claude: { type: anthropic, apiKey: env:KEY } }
allowPlaintextSecrets: true
models:
  claude/claude-sonnet-4-5: { maxOutputTokens: 1000, price: { input: "1.5", output: 7.5 } }
  claude/house-model: { contextWindow: 5000 }`
  const folderEnv = yaml.replace('env:KEY', 'a-secret-of-24-characters')
  const { code, stdout, stderr } = await weirModels(t, ['--provider', 'claude', '--json'], folderEnv)
  assert.equal(stderr, '')
  assert.equal(code, 0)
  const { data } = JSON.parse(stdout) as { data: Record<string, unknown>[] }
  const find = (model: string) => data.find((entry) => entry['model'] === model)
  const { pricing, ...facts } = find('claude-sonnet-4-5') as Record<string, Record<string, unknown>>
  assert.deepEqual([pricing?.['input'], pricing?.['output'], pricing?.['batch']], ['1.5', '7.5', 0.5])
  assert.equal(facts['id'], 'claude/claude-sonnet-4-5')
  assert.equal(facts['max_output_tokens'], 1000)
  assert.equal(find('house-model')?.['context_window'], 5000)
})

test('models: a provider without models is exit code 1, a faulty price exit code 2', async (t) => {
  const unknown = await weirModels(t, ['--provider', 'nobody'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /no models of nobody are known/)
  const faulty = await weirModels(t, [], 'models: { a/b: { price: { input: cheap } } }')
  assert.equal(faulty.code, 2)
  assert.match(faulty.stderr, /price\.input/)
})

test('models --notices: what ends, with its successor, and what of it is in use', async (t) => {
  const yaml = `providers: { claude: { type: anthropic, apiKey: a-secret-of-24-characters } }
allowPlaintextSecrets: true
routes: { old: { targets: [claude/claude-3-opus-20240229] } }`
  const { code, stdout, stderr } = await weirModels(t, ['--notices'], yaml)
  assert.equal(stderr, '')
  assert.equal(code, 0)
  const told =
    'IN USE  claude/claude-3-opus-20240229 is retired since 2026-01-05; use claude-opus-4-8 instead'
  assert.equal(stdout.split('\n')[0], told)
})
