import assert from 'node:assert/strict'
import test from 'node:test'
import { errorTable } from '../../src/core/error.ts'
import { renderErrors } from './error-reference.ts'

test('every code has a row and a section of its own, sorted by code', () => {
  const page = renderErrors(errorTable)
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map((match) => match[1])
  assert.deepEqual(sections, Object.keys(errorTable).toSorted())
  for (const [code, rule] of Object.entries(errorTable)) {
    assert.ok(
      page.includes(`| [\`${code}\`](#${code}) | ${rule.status} | ${rule.retry} | ${rule.blame} |`),
      code,
    )
    assert.ok(page.includes(`## ${code}\n\n${rule.meaning} **Mend:** ${rule.mend}\n`), code)
  }
})
