import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { checkLayers } from './check-layers.ts'

/** Lays the files out in a folder of their own and returns what the check says of them. */
function faultsOf(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'weir-layers-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return checkLayers(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a tree that follows the arrows has no faults', () => {
  const faults = faultsOf({
    'core/event.ts': 'export interface Event {}\n',
    'framing/sse.ts': "import type { Event } from '../core/event.ts'\n",
    'dialects/chat/decode.ts':
      "import type { Event } from '../../core/event.ts'\nimport '../../framing/sse.ts'\n",
    'upstream/send.ts': "import { Pool } from 'undici'\nimport type { Event } from '../core/event.ts'\n",
    'gateway.ts': "import { send } from './upstream/send.ts'\nimport './ledger/journal.ts'\n",
    'ledger/port.ts': 'export interface Store {}\n',
    'ledger/journal.ts': "import type { Store } from './port.ts'\n",
    'storage/sqlite.ts': "import type { Store } from '../ledger/port.ts'\nimport 'node:sqlite'\n",
    'main.ts': "import './storage/sqlite.ts'\nimport './gateway.ts'\n",
    'cli/main.ts': "const serve = await import('../main.ts')\nimport pkg from '../../package.json'\n",
  })
  assert.deepEqual(faults, [])
})

const forbidden: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'core imports another folder',
    'core/a.ts',
    "import { b } from '../framing/b.ts'",
    /core may not import framing/,
  ],
  ['core imports a package', 'core/a.ts', "import { z } from 'zod'", /core is pure/],
  [
    'a dialect imports node:',
    'dialects/a.ts',
    "import { randomUUID } from 'node:crypto'",
    /dialects is pure/,
  ],
  [
    'a type import counts',
    'ledger/a.ts',
    "import type { B } from '../limits/b.ts'",
    /ledger may not import limits/,
  ],
  [
    'a feature imports a feature',
    'cache/a.ts',
    "import { b } from '../ledger/port.ts'",
    /cache may not import ledger/,
  ],
  [
    'shared ground imports a feature',
    'records/a.ts',
    "import { b } from '../access/b.ts'",
    /records may not/,
  ],
  [
    'an arrow is turned round',
    'upstream/a.ts',
    "import { b } from '../gateway.ts'",
    /upstream may not import gateway/,
  ],
  [
    'the simulator imports a dialect',
    'simulator/a.ts',
    "import { b } from '../dialects/b.ts'",
    /simulator may not/,
  ],
  [
    'storage sees more than a port',
    'storage/a.ts',
    "import { b } from '../ledger/b.ts'",
    /of ledger only its port/,
  ],
  [
    'the command line names a storage',
    'cli/a.ts',
    "import { b } from '../storage/b.ts'",
    /cli may not import storage/,
  ],
  [
    'an import over several lines',
    'core/a.ts',
    "import {\n  b,\n} from '../http/b.ts'",
    /a\.ts:3: core may not import http/,
  ],
  ['a re-export', 'core/a.ts', "export { b } from '../http/b.ts'", /core may not import http/],
  ['an import for effect', 'core/a.ts', "import '../http/b.ts'", /core may not import http/],
  [
    'a dynamic import',
    'core/a.ts',
    "export const b = () => import('../http/b.ts')",
    /core may not import http/,
  ],
  ['an import type', 'core/a.ts', "export type B = import('../http/b.ts').B", /core may not import http/],
  ['an import of a test', 'http/a.ts', "import { b } from './b.test.ts'", /nothing imports a test/],
  ['an import from outside src', 'http/a.ts', "import { b } from '../../test/b.ts'", /nothing outside src/],
  ['a barrel', 'core/index.ts', 'export const a = 1', /a barrel/],
  [
    'an unknown folder',
    'wizardry/a.ts',
    'export const a = 1',
    /wizardry has no row; say in scripts\/check-layers\.ts/,
  ],
  ['an unknown file at the top', 'stray.ts', 'export const a = 1', /stray has no row/],
]

for (const [title, file, text, fault] of forbidden) {
  test(`refused: ${title}`, () => {
    const faults = faultsOf({ [file]: `${text}\n` })
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0] ?? '', fault)
  })
}

test('a ring of files is found once, also through type imports', () => {
  const faults = faultsOf({
    'core/a.ts': "import type { B } from './b.ts'\n",
    'core/b.ts': "import { c } from './c.ts'\n",
    'core/c.ts': "import { a } from './a.ts'\n",
    'core/d.ts': "import { a } from './a.ts'\n",
  })
  assert.deepEqual(faults, ['import cycle: core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts'])
})

test('prose and commented-out code are not imports', () => {
  const text =
    "/**\n * import { b } from '../http/b.ts'\n */\n// import '../http/b.ts'\n// await import('../http/b.ts')\n"
  assert.deepEqual(faultsOf({ 'core/a.ts': text }), [])
})

test('tests beside the code may import anything', () => {
  assert.deepEqual(
    faultsOf({ 'core/a.test.ts': "import test from 'node:test'\nimport '../http/b.ts'\n" }),
    [],
  )
})
