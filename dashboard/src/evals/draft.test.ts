/** What a form leaves open is left to the suite, and of several files the suite is found. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { newDraft, startBody, suiteFiles } from './draft.ts'

test('what is empty is not sent', () => {
  assert.deepEqual(startBody({ ...newDraft, entry: 'pack:format', candidate: ' openai/echo ' }), {
    entry: 'pack:format',
    files: {},
    candidate: 'openai/echo',
  })
  const whole = { ...newDraft, entry: 'a.yaml', repeat: 3, maxUsd: '2.5' }
  assert.deepEqual(startBody(whole), { entry: 'a.yaml', files: {}, repeat: 3, max_usd: '2.5' })
})

test('the file that has tests comes first, and tables are none', () => {
  const files = { 'a-prompt.yaml': 'role: user', 'suite.yaml': 'name: x\ntests: []', 'cases.csv': 'tests: 1' }
  assert.deepEqual(suiteFiles(files), ['suite.yaml', 'a-prompt.yaml'])
  assert.deepEqual(suiteFiles({ 'one.json': '{"tests": []}' }), ['one.json'])
})
