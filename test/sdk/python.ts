/** The Python interpreter that has the SDKs, where there is one. */

import { execFileSync } from 'node:child_process'
import type { TestContext } from 'node:test'

const modules = ['openai', 'anthropic', 'google.genai', 'instructor']

/**
 * The interpreter that `WEIR_PYTHON` names; else undefined, and the test is skipped with the reason. Continuous
 * integration makes the environment (`.ci/run`).
 */
export function pythonOrSkip(t: TestContext): string | undefined {
  const python = process.env['WEIR_PYTHON']
  if (python === undefined) {
    t.skip('WEIR_PYTHON names no interpreter that has the Python SDKs')
    return undefined
  }
  const missing = missingModules(python)
  if (missing.length === 0) return python
  t.skip(`the interpreter of WEIR_PYTHON lacks ${missing.join(', ')}`)
  return undefined
}

function missingModules(python: string): string[] {
  const script = [
    'import importlib.util as u, sys',
    'def has(name):',
    '  try: return u.find_spec(name) is not None',
    '  except ModuleNotFoundError: return False',
    'print(" ".join(name for name in sys.argv[1:] if not has(name)))',
  ].join('\n')
  const out = execFileSync(python, ['-c', script, ...modules], { encoding: 'utf8' })
  return out.split(/\s+/).filter((name) => name !== '')
}
