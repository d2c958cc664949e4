/** Asks those who decide elsewhere, all at once, and acts on what they say. */

import { GatewayError } from '../core/error.ts'
import { blockedBy, type Decisions } from './decisions.ts'
import type { RemoteRule, Stage, Verdict } from './rule.ts'

/** Rejects with `guardrail_blocked`, or with `guardrail_unavailable` where one does not answer that must. */
export async function askAll(
  rules: readonly RemoteRule[],
  text: string,
  stage: Stage,
  decisions: Decisions,
): Promise<void> {
  if (text.trim() === '') return
  const outcomes = await Promise.all(rules.map((rule) => askOne(rule, text, stage)))
  outcomes.forEach((outcome, index) => act(rules[index]!, outcome, stage, decisions))
}

async function askOne(
  rule: RemoteRule,
  text: string,
  stage: Stage,
): Promise<Verdict | { readonly cause: unknown }> {
  try {
    return await rule.ask(text, stage)
  } catch (cause) {
    return { cause }
  }
}

function act(
  rule: RemoteRule,
  outcome: Verdict | { readonly cause: unknown },
  stage: Stage,
  decisions: Decisions,
): void {
  if ('cause' in outcome) {
    decisions.note(rule, stage, rule.onFault, ['no-answer'])
    if (rule.onFault === 'allow') return
    const message = `The guardrail \`${rule.name}\` did not answer.`
    throw new GatewayError('guardrail_unavailable', message, { cause: outcome.cause })
  }
  const { kinds, action = rule.action } = outcome
  if (kinds.length === 0) return
  decisions.note(rule, stage, action, kinds)
  if (action === 'block') throw blockedBy(rule, stage)
}
