/** Renders docs/security.md, and checks that each test it names exists. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Control, incidents, musts, speeds, untried } from './security-controls.ts'

export function renderSecurity(): string {
  return [
    '# Security',
    '',
    'What an attacker may try, what stands against it, and the test that proves it. `npm run check` fails where a named',
    'test does not exist. What is missing is said. How to report a fault: [SECURITY.md](../SECURITY.md).',
    '',
    '## Incidents of others',
    '',
    ...tableOf(incidents, 'Incident'),
    '',
    '## What must hold',
    '',
    ...tableOf(musts, 'Concern'),
    '',
    '## What it costs',
    '',
    'CPU per request, by `bench/micro.ts` on two shared cores of an Intel Xeon that others used too. No vault and no key',
    'service is asked on the way of a request.',
    '',
    '| Step | At most | Measured |',
    '| --- | --- | --- |',
    ...speeds.map((cells) => `| ${cells.map(cellOf).join(' | ')} |`),
    '',
    '## Not tried against the real service',
    '',
    'The tests speak the documented protocols with servers of their own, which check signatures, tokens and versions.',
    '',
    '| Service | Tried with a server of the tests | Not tried |',
    '| --- | --- | --- |',
    ...untried.map((cells) => `| ${cells.map(cellOf).join(' | ')} |`),
    '',
  ].join('\n')
}

function tableOf(controls: readonly Control[], title: string): string[] {
  return [
    `| ${title} | Answer | Proof | Not yet |`,
    '| --- | --- | --- | --- |',
    ...controls.map(({ threat, answer, proofs, missing = '' }) => {
      const tests = proofs.map(([file, name]) => `[${cellOf(titleOf(name))}](../${file})`).join('; ')
      return `| ${[cellOf(threat), cellOf(answer), tests, cellOf(missing)].join(' | ')} |`
    }),
  ]
}

/** What a test fills into its name stands for several tests. */
function titleOf(name: string): string {
  return name.replaceAll(/\$\{\w+\}/g, '...')
}

function cellOf(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Controls that name a test which is not there, or that neither prove anything nor say what is missing. */
export function unprovenControls(root: string): string[] {
  return [...incidents, ...musts].flatMap(({ threat, proofs, missing }) => {
    if (proofs.length === 0 && missing === undefined) return [`docs/security.md: nothing proves "${threat}"`]
    return proofs
      .filter(([file, name]) => !hasTest(join(root, file), name))
      .map(([file, name]) => `docs/security.md: ${file} has no test "${name}"`)
  })
}

function hasTest(path: string, name: string): boolean {
  let source: string
  try {
    source = readFileSync(path, 'utf8')
  } catch {
    return false
  }
  const calls = source.match(/\btest\w*\(\s*(?:`[^`]*`|'(?:[^'\\]|\\.)*'|"[^"]*")/g) ?? []
  return calls.some((call) => call.replaceAll("\\'", "'").includes(name))
}
