/**
 * Writes docs/conformance.md: runs the tests whose figures it has, with full counts, and lets each take over its
 * section once it has passed. The page can so claim nothing that no test holds.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const tests = ['test/sdk/matrix.test.ts', 'test/laws/laws.test.ts', 'test/faults/faults.test.ts']

const child = spawn(
  process.execPath,
  // One after the other, since they write one file.
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=1',
    '--test-reporter=dot',
    ...tests,
  ],
  {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: 'inherit',
    env: { ...process.env, WEIR_PROVE: '1', WEIR_CONFORMANCE: 'write' },
  },
)
const [code] = (await once(child, 'close')) as [number | null]
process.exitCode = code ?? 1
