/** The bill of materials names every production package of the lockfile with its checksum, and no other. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { billOfMaterials } from './bill-of-materials.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (name: string) => JSON.parse(readFileSync(resolve(root, name), 'utf8')) as JsonObject

test('what package.json depends on is there, with a checksum and a license; what only tests need is not', () => {
  const bill = billOfMaterials(read('package-lock.json'))
  const components = asArray(bill['components']).map((each) => asObject(each)!)
  const named = new Map(
    components.map((each) => [[asString(each['group']), each['name']].filter(Boolean).join('/'), each]),
  )
  const manifest = read('package.json')
  for (const [name, version] of Object.entries(asObject(manifest['dependencies'])!)) {
    assert.equal(named.get(name)?.['version'], version, name)
  }
  for (const name of ['fast-check', 'typescript']) assert.equal(named.has(name), false, name)
  for (const each of components) {
    assert.ok(asArray(each['hashes']).length > 0, asString(each['purl']))
    assert.match(asString(each['purl']) ?? '', /^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d/)
  }
  assert.deepEqual(bill, billOfMaterials(read('package-lock.json')))
})

test('another kind of lockfile is refused', () => {
  assert.throws(() => billOfMaterials({ lockfileVersion: 1, dependencies: {} }), /not a lockfile/)
})
