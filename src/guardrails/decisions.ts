/** Gathers what the rules of one request decide, for its record. */

import { GatewayError } from '../core/error.ts'
import type { GuardrailRecord } from '../records/record.ts'
import type { Rule, Stage } from './rule.ts'

export class Decisions {
  readonly #made = new Map<string, GuardrailRecord>()

  note(
    rule: Pick<Rule, 'name'>,
    stage: Stage,
    action: GuardrailRecord['action'],
    kinds: readonly string[],
  ): void {
    const place = `${stage} ${rule.name}`
    // Services name kinds: any word may come.
    const found = new Map(Object.entries(this.#made.get(place)?.found ?? {}))
    for (const kind of kinds) found.set(kind, (found.get(kind) ?? 0) + 1)
    this.#made.set(place, { rule: rule.name, stage, action, found: Object.fromEntries(found) })
  }

  get list(): readonly GuardrailRecord[] {
    return [...this.#made.values()]
  }
}

/** The refusal names the rule and never what it found. */
export function blockedBy({ name }: Pick<Rule, 'name'>, stage: Stage): GatewayError {
  const what = stage === 'input' ? 'prompt' : 'answer'
  return new GatewayError('guardrail_blocked', `The guardrail \`${name}\` refused the ${what}.`)
}
