/** The lockfile, as `npm ci` on somebody else's machine needs it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'node:test'

interface Locked {
  readonly resolved?: string
  readonly integrity?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const file = resolve(import.meta.dirname, '../../package-lock.json')
const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}

test('it has the packages of every platform', () => {
  // npm leaves out those of other platforms when it writes the lockfile beside an existing node_modules
  // (npm/cli#4828); `npm ci` then refuses the lockfile everywhere. Mend: write it in a folder without node_modules.
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${place}/node_modules/${name}` in packages),
      )
      .map((name) => `${name}, wanted by ${place}`),
  )
  assert.deepEqual(missing, [])
})

test('every package has a checksum, and none is bound to one registry', () => {
  const installed = Object.entries(packages).filter(([place]) => place !== '')
  assert.ok(installed.length > 0)
  for (const [place, { integrity, resolved }] of installed) {
    assert.match(integrity ?? '', /^sha512-/, place)
    assert.equal(resolved, undefined, place)
  }
})
