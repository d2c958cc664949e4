import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const program = join(import.meta.dirname, 'main.ts')

async function weir(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit])
  return { code, stdout, stderr }
}

function folderWith(t: TestContext, yaml?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-cli-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  if (yaml !== undefined) writeFileSync(join(folder, 'weir.yaml'), yaml)
  return folder
}

const secret = 'a-secret-of-24-characters'

test('check: a valid file is summarised, without its secrets', async (t) => {
  const folder = folderWith(
    t,
    `providers: { openai: { apiKey: env:THE_KEY } }
routes: { assistant: { targets: [openai/gpt-x] } }
keys: [ { name: ci, secret: env:CI_KEY } ]`,
  )
  const { code, stdout, stderr } = await weir(folder, ['check'], { THE_KEY: secret, CI_KEY: `${secret}-ci` })
  assert.equal(stderr, '')
  assert.equal(code, 0)
  assert.match(stdout, /weir\.yaml is valid/)
  assert.match(stdout, /http:\/\/127\.0\.0\.1:4000/)
  assert.match(stdout, /providers +openai\n +routes +assistant\n +keys +ci\n/)
  assert.ok(!stdout.includes(secret))
})

test('check: each fault with its place and its mend, exit code 2, no colour without a terminal', async (t) => {
  const folder = folderWith(t, 'server:\n  prot: 1\nlog: { level: loud }')
  const { code, stdout, stderr } = await weir(folder, ['check'])
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /weir\.yaml:2:3 server\.prot: unknown key "prot"\n {2}The nearest known key is `port`/)
  assert.match(stderr, /weir\.yaml:3:8 log\.level: not a known value/)
  assert.match(stderr, /weir: .*weir\.yaml has 2 faults\n$/)
  assert.ok(!stderr.includes('\u001b'))
})

test('check: targets without a known price are told, since hard caps refuse their calls', async (t) => {
  const yaml = (ledger: string) => `${ledger}
providers: { openai: { apiKey: env:THE_KEY }, sim: {} }
models: { openai/mine: { price: { input: 1, output: 2 } } }
routes:
  assistant: { targets: [openai/gpt-5.4-mini, openai/unheard-of, openai/mine, sim/echo] }
  inner: { targets: [assistant, { target: openai/unheard-of }] }`
  const folder = folderWith(t, yaml(''))
  const { code, stdout } = await weir(folder, ['check'], { THE_KEY: secret })
  assert.equal(code, 0)
  assert.match(stdout, /\n {2}no price {4}openai\/unheard-of: under hard caps .*ledger\.unknownCost.*\n$/)
  const told = JSON.parse((await weir(folder, ['check', '--json'], { THE_KEY: secret })).stdout) as object
  assert.deepEqual((told as { unpriced?: unknown }).unpriced, ['openai/unheard-of'])
  const lenient = folderWith(t, yaml('ledger: { unknownCost: allow }'))
  assert.doesNotMatch((await weir(lenient, ['check'], { THE_KEY: secret })).stdout, /no price/)
})

test('check --json: the same as data', async (t) => {
  const folder = folderWith(t, 'server: { prot: 1 }')
  const faulty = await weir(folder, ['check', '--json'])
  assert.equal(faulty.code, 2)
  assert.deepEqual(
    (JSON.parse(faulty.stdout) as { faults: { path: string; line: number }[] }).faults.map(
      ({ path, line }) => [path, line],
    ),
    [['server.prot', 1]],
  )
  const valid = await weir(folderWith(t), ['check', '--json'])
  assert.equal(valid.code, 0)
  assert.deepEqual(JSON.parse(valid.stdout), { valid: true, file: null, faults: [] })
})

test('check --config: a file that is not there is exit code 2', async (t) => {
  const { code, stderr } = await weir(folderWith(t), ['check', '--config', 'absent.yaml'])
  assert.equal(code, 2)
  assert.match(stderr, /absent\.yaml: the file cannot be read \(ENOENT\)/)
})

test('bad usage is exit code 2 and one clear line', async (t) => {
  const folder = folderWith(t)
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['chekc'], /^weir: unknown command 'chekc'\n\(Did you mean check\?\)\n$/],
    [['check', '--jsn'], /^weir: unknown option '--jsn'\n\(Did you mean --json\?\)\n$/],
    [['serve', '--port', '70000'], /^weir: .*--port.*0 to 65535/],
    [['simulate', '--port', 'x'], /^weir: .*--port.*0 to 65535/],
    [['serve', 'extra'], /^weir: too many arguments/],
  ]
  const runs = await Promise.all(cases.map(([args]) => weir(folder, args)))
  for (const [index, run] of runs.entries()) {
    assert.equal(run.code, 2, run.stderr)
    assert.match(run.stderr, cases[index]![1])
    assert.equal(run.stdout, '')
  }
})

test('help and version are answers, not failures', async (t) => {
  const folder = folderWith(t)
  const [help, version] = await Promise.all([weir(folder, ['--help']), weir(folder, ['--version'])])
  assert.equal(help.code, 0)
  for (const verb of ['serve', 'check', 'simulate']) assert.match(help.stdout, new RegExp(`^ +${verb} `, 'm'))
  assert.equal(version.code, 0)
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  assert.equal(version.stdout.trim(), (JSON.parse(manifest) as { version: string }).version)
})

test('simulate: answers at the address that it prints, until SIGTERM', async (t) => {
  const child = spawn(process.execPath, [program, 'simulate', '--port', '0'], {
    cwd: folderWith(t),
    env: {},
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const url = /^simulator on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(line))?.[1]
  assert.ok(url, String(line))
  const answer = await fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
    body: JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: 'over the weir' }] }),
  })
  assert.equal(answer.status, 200)
  assert.match(await answer.text(), /over the weir/)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('simulate: a scenario that is not there is a failure that names it', async (t) => {
  const { code, stderr } = await weir(folderWith(t), ['simulate', '--port', '0', '--scenario', 'absent.yaml'])
  assert.equal(code, 1)
  assert.match(stderr, /^weir: ENOENT.*absent\.yaml'\n$/)
})

test('ledger: an empty one is proven in one line, and exported as a header alone', async (t) => {
  const folder = folderWith(t, 'providers: { sim: { type: sim } }\n')
  const verified = await weir(folder, ['ledger', 'verify'])
  assert.deepEqual([verified.code, verified.stderr], [0, ''])
  assert.match(verified.stdout, /^0 settled, 0 void, 0 adjusted, 0 cached, 0 open; .*: all agree\n$/)
  const exported = await weir(folder, ['ledger', 'export'])
  assert.match(exported.stdout, /^seq,kind,request_id,[a-z0-9_,]*,provider_request_id\n$/)
  const unknown = await weir(folder, ['ledger', 'export', '--format', 'xml'])
  assert.equal(unknown.code, 2)
})

test('ledger: a bill without a call behind it differs, and an export has the columns of FOCUS', async (t) => {
  const folder = folderWith(t, 'providers: { sim: { type: sim } }\n')
  writeFileSync(join(folder, 'bill.csv'), 'date,model,cost_usd\n2026-11-01,m,2.5\n')
  const differs = await weir(folder, ['ledger', 'reconcile', 'bill.csv', '--provider', 'sim'])
  assert.equal(differs.code, 1, differs.stderr)
  assert.match(differs.stdout, /^0 days and models agree, 1 differ\n\n2026-11-01 m\n/)
  assert.match(differs.stdout, /cost usd +2\.5 +0 +differs\n {2}no call went through the gateway/)
  const adjusted = await weir(folder, [
    ...(['ledger', 'reconcile', 'bill.csv', '--provider', 'sim', '--adjust', 'found'] as const),
  ])
  assert.deepEqual([adjusted.code, adjusted.stderr], [0, ''])
  assert.match(adjusted.stdout, /corrected by 1 lines, 2\.5 USD together \(adjust_\w+\)\n$/)
  const exported = await weir(folder, ['ledger', 'export', '--format', 'focus'])
  const [head, row] = exported.stdout.split('\n')
  assert.match(head!, /^BilledCost,BillingAccountId,.*,Tags,x_ChargedCost,/)
  assert.match(
    row!,
    /^2\.5,sim\/bill,sim,USD,2026-12-01T00:00:00Z,2026-11-01T00:00:00Z,Adjustment,Correction,/,
  )
})
