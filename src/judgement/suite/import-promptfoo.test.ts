import assert from 'node:assert/strict'
import test from 'node:test'
import { stringify } from 'yaml'
import { importPromptfoo } from './import-promptfoo.ts'
import { loadSuite } from './load.ts'

const config = `description: Support answers
prompts:
  - "Answer: {{question}}"
  - file://prompt.py:create
providers:
  - openai:chat:gpt-5-mini
  - id: anthropic:messages:claude-sonnet-5
    label: sonnet
    config:
      temperature: 0
      max_tokens: 100
      cache_prompt: true
  - python:provider.py
sharing: true
defaultTest:
  options:
    provider: openai:gpt-5
  assert:
    - type: latency
      threshold: 2000
tests:
  - vars: {question: "What is it?"}
    assert:
      - type: contains
        value: it
      - type: python
        value: file://grade.py
      - type: bleu
        value: it
        threshold: 0.5
      - type: llm-rubric
        value: is polite
        contextTransform: x
  - huggingface://datasets/x
  - vars: {question: Again}
    provider: openai:gpt-5
redteam:
  plugins: [pii]
evaluateOptions:
  maxConcurrency: 8
  cache: false
`

test('what a suite can carry is carried, and the rest is listed with its line', async () => {
  const { suite, left } = importPromptfoo(config, { writesIds: true })
  assert.deepEqual(
    left.map(({ line, path, message }) => `${line} ${path}: ${message}`).toSorted(),
    [
      '4 prompts[1]: prompts from "file://prompt.py:create"',
      '12 providers[1].config.cache_prompt: the key "cache_prompt"',
      '13 providers[2]: the provider "python:provider.py"',
      '14 sharing: the key "sharing"',
      '26 tests[0].assert[1]: the assertion "python"',
      '28 tests[0].assert[2]: the assertion "bleu"',
      '33 tests[0].assert[3].contextTransform: the key "contextTransform"',
      '34 tests[1]: tests from "huggingface://datasets/x"',
      '36 tests[2].provider: the key "provider"',
      '37 redteam: the key "redteam"',
      '41 evaluateOptions.cache: the key "cache"',
    ].toSorted(),
  )
  const loaded = await loadSuite('suite.yaml', async (path) =>
    path === 'suite.yaml' ? stringify(suite) : undefined,
  )
  assert.deepEqual(
    loaded.suite.candidates.map(({ target, label, params }) => [target, label, params]),
    [
      ['openai/gpt-5-mini', 'openai/gpt-5-mini', {}],
      ['claude/claude-sonnet-5', 'sonnet', { temperature: 0, max_tokens: 100 }],
    ],
  )
  assert.deepEqual(loaded.suite.judge?.targets, ['openai/gpt-5'])
  assert.equal(loaded.suite.cases.length, 2)
  assert.equal(loaded.suite.maxConcurrency, 8)
  const [first] = loaded.suite.cases
  assert.match(first!.id, /^h-/)
  const call = first!.steps.at(-1)!
  assert.deepEqual(call.role === 'call' && call.assert.map(({ type }) => type), [
    'latency',
    'contains',
    'llm-rubric',
  ])
})

test('a configuration that loads as it is comes back as it is', () => {
  const plain = { prompts: ['{{q}}'], providers: ['openai/gpt-5'], tests: [{ vars: { q: 'x' } }] }
  assert.deepEqual(importPromptfoo(stringify(plain), { writesIds: false }), { suite: plain, left: [] })
  assert.throws(() => importPromptfoo('tests: [', { writesIds: false }), /line \d/)
})
