/** Every snippet of YAML in the README and the pages loads as it stands, and the models that it names have prices. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { loadConfig } from '../../src/config/load.ts'
import { openGoldenSet } from '../../src/drift/golden.ts'
import { loadSuite } from '../../src/judgement/suite/load.ts'
import { createCatalogue, loadCatalogueData } from '../../src/models/catalogue.ts'
import { builtInProvider, providerTable } from '../../src/providers/table.ts'
import { parseScenario } from '../../src/simulator/scenario.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const root = resolve(import.meta.dirname, '../..')
const pages = ['README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))]
const snippets = pages.flatMap((page) => {
  const text = readFileSync(join(root, page === 'README.md' ? page : `docs/${page}`), 'utf8')
  return [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => ({ page, yaml }))
})
const env = {
  OPENAI_API_KEY: 'openai-key-0123456789',
  ANTHROPIC_API_KEY: 'anthropic-key-0123456789',
  WEIR_CI_KEY: 'ci-key-0123456789',
  WEIR_ADMIN_TOKEN: 'admin-token-0123456789',
  WEIR_PEPPER: 'pepper-of-32-characters-or-more-0123',
  DATABASE_URL: 'postgres://weir:weir@db.example/weir',
  REDIS_URL: 'redis://redis.example:6379',
}

/** What a page tells to write into this file, by the members at its top. */
async function load(yaml: string): Promise<unknown> {
  if (/^rules:/m.test(yaml)) return parseScenario(yaml)
  if (/^prompts:\n/m.test(yaml)) return openGoldenSet({ file: 'golden.yaml', files: { 'golden.yaml': yaml } })
  if (/^tests:/m.test(yaml)) {
    const files = { 'suite.yaml': yaml, 'questions.csv': 'q,__expected\nHow long?,contains: 14 days\n' }
    return loadSuite('suite.yaml', async (path) => Object.entries(files).find(([name]) => name === path)?.[1])
  }
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), yaml)
  const result = await loadConfig({ folder, env, known: { types: providerTable, builtIn: builtInProvider } })
  assert.ok(result.ok, result.ok ? '' : inspect(result.faults))
  return result.config
}

test('each snippet loads', async () => {
  assert.ok(snippets.length >= 9, `${snippets.length}`)
  for (const { page, yaml } of snippets)
    await assert.doesNotReject(load(yaml), (cause) => assert.fail(`${page}: ${inspect(cause)}\n${yaml}`))
})

test('a model that the README or a page names has a price, or hard caps would refuse it', async () => {
  const catalogue = createCatalogue(await loadCatalogueData())
  const named = pages.flatMap((page) => {
    const text = readFileSync(join(root, page === 'README.md' ? page : `docs/${page}`), 'utf8')
    return [...text.matchAll(/\b(openai|anthropic)\/((?:gpt|claude|text-embedding)[\w.-]*\w)/g)].map(
      ([, provider = '', model = '']) => ({ page, provider, model }),
    )
  })
  assert.ok(named.length >= 6, inspect(named))
  for (const { page, provider, model } of named)
    assert.ok(catalogue.lookup(provider, model)?.price, `${page}: ${provider}/${model}`)
})
