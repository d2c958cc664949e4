/** Names become targets as the contract says. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Provider } from '../providers/provider.ts'
import { defaultTimeouts } from '../providers/provider.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import { providerTable } from '../providers/table.ts'
import { planRequest, type RoutingTable, targetOf } from './plan.ts'

function provider(name: string, spec: ProviderSpec, models: readonly string[] = []): Provider {
  return {
    name,
    spec,
    models,
    baseUrl: new URL('https://provider.example/v1'),
    allowPrivateNetwork: false,
    timeouts: defaultTimeouts,
    headers: {},
    requestPatch: undefined,
    responsePatch: undefined,
    eventPatch: undefined,
  }
}

const openai = provider('openai', providerTable.openai)
const claude = provider('claude', providerTable.anthropic)
const local = provider('local', providerTable['openai-compatible'], ['llama', 'gpt-oss'])
const table: RoutingTable = {
  providers: new Map([openai, claude, local].map((each) => [each.name, each])),
  routes: new Map([
    [
      'assistant',
      { name: 'assistant', maxAttempts: 2, targets: [targetOf(claude, 'a'), targetOf(openai, 'b')] },
    ],
  ]),
}

const targets = (model: string) =>
  planRequest(model, table).targets.map((target) => `${target.provider.name}/${target.model}`)

test('a route gives its targets in order', () => {
  assert.deepEqual(targets('assistant'), ['claude/a', 'openai/b'])
  assert.equal(planRequest('assistant', table).route, 'assistant')
  assert.equal(planRequest('assistant', table).maxAttempts, 2)
})

test('provider/model goes there, known model or not, slashes in the model included', () => {
  assert.deepEqual(targets('openai/some-new-model'), ['openai/some-new-model'])
  assert.deepEqual(targets('local/meta/llama-4'), ['local/meta/llama-4'])
})

test('a bare name goes to the one provider that serves it', () => {
  assert.deepEqual(targets('gpt-5'), ['openai/gpt-5'])
  assert.deepEqual(targets('claude-sonnet-5'), ['claude/claude-sonnet-5'])
  assert.deepEqual(targets('llama'), ['local/llama'])
})

test('an unknown name, an ambiguous name and an empty model are not found, and the mend is told', () => {
  assert.throws(() => targets('nothing'), { code: 'model_not_found' })
  assert.throws(() => targets('gpt-oss'), {
    code: 'model_not_found',
    message: /openai\/gpt-oss.*local\/gpt-oss/,
  })
  assert.throws(() => targets('openai/'), { code: 'model_not_found' })
  assert.throws(() => targets('/x'), { code: 'model_not_found' })
})
