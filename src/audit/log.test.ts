/** What an act leaves in the chain of what was sent with it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutSecrets } from './log.ts'

test('of files that are sent along, the paths and fingerprints stay', () => {
  const sent = { file: 'sets/refunds.yaml', files: { 'sets/refunds.yaml': 'prompts: [May I send it back?]' } }
  const kept = withoutSecrets(sent)
  assert.doesNotMatch(JSON.stringify(kept), /send it back/)
  assert.match(JSON.stringify(kept), /"sets\/refunds\.yaml":"sha256:[0-9a-f]{12}"/)
  assert.deepEqual(withoutSecrets(sent), kept)
  const other = withoutSecrets({ ...sent, files: { 'sets/refunds.yaml': 'prompts: [May I keep it?]' } })
  assert.notDeepEqual(other, kept)
})

test('secrets by their names and long texts become fingerprints, the rest stays', () => {
  const kept = withoutSecrets({
    name: 'ci',
    api_key: 'k',
    rules: { models: ['a/*'] },
    note: 'x'.repeat(3000),
  })
  assert.deepEqual(
    JSON.stringify(kept).replaceAll(/sha256:[0-9a-f]{12}/g, '#'),
    '{"name":"ci","api_key":"#","rules":{"models":["a/*"]},"note":"#"}',
  )
})
