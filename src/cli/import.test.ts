/** `weir import`: what it prints passes `weir check`, and what it leaves out is on the other stream. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'

const program = join(import.meta.dirname, 'main.ts')

async function weir(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit])
  return { code, stdout, stderr }
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-import-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const litellm = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/my-deployment, api_base: "https://x.openai.azure.com/", api_key: os.environ/AZURE_KEY, api_version: "2024-06-01" }
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, api_key: sk-canary-0123456789 }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-5, api_key: os.environ/ANTHROPIC_API_KEY }
  - model_name: local
    litellm_params: { model: hosted_vllm/llama, api_base: "http://10.0.0.7:8000/v1" }
  - model_name: gemini
    litellm_params: { model: vertex_ai/gemini-3-pro, vertex_project: p, vertex_location: global, vertex_credentials: os.environ/SA_JSON }
  - model_name: nova
    litellm_params: { model: bedrock/amazon.nova-pro, aws_region_name: us-east-1, aws_access_key_id: os.environ/AK, aws_secret_access_key: os.environ/SK }
litellm_settings: { fallbacks: [ { gpt-4o: [claude] } ], cache: true }
general_settings: { master_key: os.environ/MASTER_KEY }
`

test("LiteLLM's file becomes a valid one, and what is left out is told", async (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'config.yaml'), litellm)
  const { code, stdout, stderr } = await weir(folder, ['import', 'litellm', 'config.yaml'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /model_list\[0\]\.litellm_params\.api_version: not carried/)
  assert.match(stderr, /litellm_settings\.cache: not carried/)
  assert.match(stderr, /set OPENAI_API_KEY to it/)
  assert.ok(!(stdout + stderr).includes('sk-canary'))
  writeFileSync(join(folder, 'weir.yaml'), stdout)
  const names = ['AZURE_KEY', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'SA_JSON', 'AK', 'SK', 'MASTER_KEY']
  const env = Object.fromEntries(names.map((name) => [name, `value-of-${name.padEnd(20, '-')}`]))
  const checked = await weir(folder, ['check'], env)
  assert.equal(checked.code, 0, checked.stderr)
  assert.match(checked.stdout, /routes +gpt-4o-pool, gpt-4o, claude, local, gemini, nova/)
})

test("Portkey's file becomes a valid one, with a route of its name", async (t) => {
  const folder = folderOf(t)
  const target = (provider: string, model: string) => ({
    provider,
    api_key: `sk-canary-${provider}`,
    override_params: { model },
  })
  writeFileSync(
    join(folder, 'support.json'),
    JSON.stringify({
      strategy: { mode: 'loadbalance' },
      targets: [target('openai', 'gpt-4o'), target('together-ai', 'meta/llama')],
    }),
  )
  const { code, stdout, stderr } = await weir(folder, ['import', 'portkey', 'support.json'])
  assert.equal(code, 0, stderr)
  assert.ok(!(stdout + stderr).includes('sk-canary'))
  writeFileSync(join(folder, 'weir.yaml'), stdout)
  const checked = await weir(folder, ['check'], { OPENAI_API_KEY: 'a', TOGETHER_API_KEY: 'b' })
  assert.equal(checked.code, 0, checked.stderr)
  assert.match(checked.stdout, /routes +support/)
})

test('a file that is not there is a failure; a file that is no YAML is one that does not quote it', async (t) => {
  const folder = folderOf(t)
  assert.equal((await weir(folder, ['import', 'litellm', 'nowhere.yaml'])).code, 1)
  writeFileSync(join(folder, 'broken.yaml'), 'a: [sk-canary-1, "')
  const { code, stderr } = await weir(folder, ['import', 'portkey', 'broken.yaml'])
  assert.equal(code, 1)
  assert.ok(!stderr.includes('canary'))
  assert.equal((await weir(folder, ['import', 'other', 'x'])).code, 2)
})
