import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { deadLinksIn } from './links.ts'

function deadLinksOf(t: test.TestContext, text: string): string[] {
  const root = mkdtempSync(join(tmpdir(), 'weir-links-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'docs'))
  writeFileSync(join(root, 'docs/there.md'), '# A `code` heading, too\n\n## upstream_error\n')
  writeFileSync(join(root, 'docs/page.md'), text)
  return deadLinksIn(root, 'docs/page.md')
}

test('links that lead somewhere pass', (t) => {
  const text = [
    '# Top',
    '[file](there.md) [heading](there.md#a-code-heading-too) [code](./there.md#upstream_error)',
    '[self](#top) [web](https://example.org/x#y) [mail](mailto:a@example.org) ![title](there.md "words")',
    'Code is not a link: `[a](gone.md)`',
    '```\n[b](gone.md)\n```',
  ].join('\n')
  assert.deepEqual(deadLinksOf(t, text), [])
})

test('links to nothing are named with their line', (t) => {
  const text = '# Top\n\n```\ncode\n```\n\n[a](gone.md) [b](there.md#gone) [c](#gone) [d](../../outside.md)\n'
  assert.deepEqual(deadLinksOf(t, text), [
    'docs/page.md:7: gone.md does not exist',
    'docs/page.md:7: there.md#gone names no heading',
    'docs/page.md:7: #gone names no heading',
    'docs/page.md:7: ../../outside.md leads out of the repository',
  ])
})
