import assert from 'node:assert/strict'
import test from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { asArray, asObject, type JsonObject } from '../core/json.ts'
import { configJsonSchema, renderConfigReference, renderConfigSchema } from './json-schema.ts'

test('the published schema accepts what the file may say, and refuses what it may not', () => {
  const validate = new Ajv2020({ strict: true }).compile(JSON.parse(renderConfigSchema()) as JsonObject)
  assert.ok(validate({}))
  assert.ok(
    validate({
      server: { host: '::', tls: { cert: 'file:/c.pem', key: 'env:KEY' }, admin: { port: 4001 } },
      providers: { claude: { type: 'anthropic', apiKey: 'env:KEY' }, sim: {} },
      routes: { a: { targets: ['sim/echo', { target: 'claude/x', timeout: { idleMs: 1 } }] } },
      keys: [{ name: 'ci', secret: 'env:CI' }],
    }),
    JSON.stringify(validate.errors),
  )
  assert.ok(!validate({ sever: {} }))
  assert.ok(!validate({ server: { port: '4000' } }))
  assert.ok(!validate({ keys: [{ name: 'ci' }] }))
})

test('every setting says what it means', () => {
  const silent: string[] = []
  const visit = (path: string, node: JsonObject): void => {
    for (const [name, member] of Object.entries(asObject(node['properties']) ?? {})) {
      const child = asObject(member)!
      if (child['description'] === undefined) silent.push(`${path}.${name}`)
      visit(`${path}.${name}`, child)
    }
    for (const inner of [node['items'], node['additionalProperties'], ...asArray(node['anyOf'])]) {
      const child = asObject(inner)
      if (child) visit(`${path}[]`, child)
    }
  }
  visit('', configJsonSchema())
  assert.deepEqual(silent, [])
})

test('the reference has a row per setting, with its default', () => {
  const lines = renderConfigReference().split('\n')
  const row = (setting: string) => lines.find((line) => line.startsWith(`| \`${setting}\` |`))
  assert.match(row('server.port') ?? '', /\| integer \| `4000` \|/)
  assert.match(row('routes.*.targets[].target') ?? '', /\| string \| required \|/)
  assert.match(row('providers.*.timeout.firstTokenMs') ?? '', /120,000/)
  assert.match(row('log.level') ?? '', /`trace`, `debug`/)
  assert.equal(row('routes.*'), undefined)
})
