/** docs/http.md names every header, path and metric that the sources have, and no other. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { dataRoutes, ownRoutes } from '../support/caller-routes.ts'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/http.md'), 'utf8')
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n')

/** Members of the OpenAPI document, and a header of the simulator. */
const notOfCallers = ['x-weir-policy', 'x-weir-instance', 'x-weir-audit', 'x-weir-sim-recording']

const named = (text: string, form: RegExp): string[] =>
  [...new Set([...text.matchAll(form)].map(([, name = '']) => name))].toSorted()

test('each header of Weir is told', () => {
  const inSources = named(sources, /(x-weir-[a-z-]*[a-z])/g).filter((name) => !notOfCallers.includes(name))
  assert.ok(inSources.length >= 20, String(inSources))
  assert.deepEqual(named(page, /(x-weir-[a-z-]*[a-z])/g), inSources)
})

test('each metric is told', () => {
  const inSources = named(sources, /name: '(weir_[a-z_]+)',\s+help:/g)
  assert.ok(inSources.length >= 10, String(inSources))
  assert.deepEqual(named(page, /`(weir_[a-z_]+)`/g), inSources)
})

test('each path of callers is told', () => {
  const paths = [...dataRoutes, ...ownRoutes].map(({ path }) =>
    path
      .replace('/v1/responses/resp_kept', '/v1/responses/{id}')
      .replace(/^\/providers\/.*/, '/providers/{name}/...')
      .replace(/^\/v1beta\/models\/\{model\}:(?!generateContent)/, ':'),
  )
  for (const path of new Set(paths)) assert.ok(page.includes(`${path}\``), path)
})
