/** Checks that guardrails fit together: one way to look per rule, actions that it can take, names that lead somewhere. */

import type { Finding } from './fault.ts'
import { guardrailKinds } from './guardrail-settings.ts'
import { nearest } from './nearest.ts'
import type { Settings } from './schema.ts'

/** What finds places in a text, which can be replaced. */
const findsPlaces = new Set<string>(['detect', 'patterns', 'words'])

export function checkGuardrails({ guardrails: { rules, routes } }: Settings): Finding[] {
  const findings: Finding[] = []
  for (const [name, rule] of Object.entries(rules)) {
    const path = ['guardrails', 'rules', name]
    const kinds = guardrailKinds.filter((kind) => rule[kind] !== undefined)
    const [kind] = kinds
    if (kinds.length !== 1 || kind === undefined) {
      const mend = `Give it one of: ${guardrailKinds.join(', ')}.`
      findings.push({ path, message: `${kinds.length} ways to look at a text`, mend })
    } else if (rule.action === 'redact' && !findsPlaces.has(kind)) {
      const mend = 'Use `block` or `flag`.'
      findings.push({ path: [...path, 'action'], message: `\`${kind}\` finds no place to redact`, mend })
    }
  }
  const names = Object.keys(rules)
  for (const [route, used] of Object.entries(routes)) {
    used.forEach((rule, index) => {
      if (names.includes(rule)) return
      const known = names.length === 0 ? 'There are none.' : `The nearest is \`${nearest(rule, names)}\`.`
      const path = ['guardrails', 'routes', route, index]
      findings.push({ path, message: 'not a rule of `guardrails.rules`', mend: known })
    })
  }
  return findings
}
