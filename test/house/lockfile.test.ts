/** The lockfile, as `npm ci` on somebody else's machine needs it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'node:test'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly link?: true
  readonly dev?: true
  readonly hasInstallScript?: true
  readonly inBundle?: true
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

test('every package is a version of a registry: no address, no branch, no folder, nothing bundled', () => {
  for (const [place, { version, link, inBundle }] of Object.entries(packages)) {
    if (place === '') continue
    assert.match(place, /^(?:node_modules\/(?:@[\w.-]+\/)?[\w.-]+\/?)+$/, place)
    assert.match(version ?? '', /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/, place)
    assert.deepEqual([link, inBundle], [undefined, undefined], place)
  }
})

test('package.json names exact versions, and peers by range alone', () => {
  const manifest = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as Record<string, Record<string, string> | undefined>
  const sections = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides']
  for (const section of sections) {
    for (const [name, version] of Object.entries(manifest[section] ?? {})) {
      assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/, `${section}: ${name}`)
    }
  }
})

/** Those that would run something when they are installed, and why it is not needed. Neither is one that the gateway runs on. */
const withScripts: Readonly<Record<string, string>> = {
  'node_modules/@google/genai': 'it says that it does nothing',
  'node_modules/protobufjs': 'it warns of versions that do not fit',
}

test('no package that the gateway runs on has an install script, and of the others two are known', () => {
  const found = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)
  assert.deepEqual(found.map(([place]) => place).toSorted(), Object.keys(withScripts).toSorted())
  for (const [place, { dev }] of found) assert.equal(dev, true, place)
})
