/** The guardrails of a destination at work on one request: what goes in, and what comes out. */

import type { AnswerCheck } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { GenRequest } from '../core/request.ts'
import { findAll, replaceFindings } from '../detectors/finding.ts'
import { blockedBy, Decisions } from './decisions.ts'
import { OutputGuard } from './output.ts'
import { Placeholders } from './placeholders.ts'
import { askAll } from './remote.ts'
import { newText, textsOf, rewriteTexts } from './request-texts.ts'
import type { Rule, SizeRule, SpanRule, Stage, StageRules } from './rule.ts'

/** The rules of one destination, by how they look. Compiled once. */
export interface Guard {
  readonly input: StageRules
  readonly output: StageRules
}

/** Undefined where there are no rules. */
export function toGuard(rules: readonly Rule[]): Guard | undefined {
  if (rules.length === 0) return undefined
  return { input: rulesOf(rules, 'input'), output: rulesOf(rules, 'output') }
}

function rulesOf(rules: readonly Rule[], stage: Stage): StageRules {
  const own = rules.filter(({ on }) => on.includes(stage))
  return {
    spans: own.filter((rule) => rule.type === 'span'),
    sizes: own.filter((rule) => rule.type === 'size'),
    remotes: own.filter((rule) => rule.type === 'remote'),
  }
}

function isEmpty({ spans, sizes, remotes }: StageRules): boolean {
  return spans.length + sizes.length + remotes.length === 0
}

export class Guarding {
  readonly decisions = new Decisions()
  readonly placeholders = new Placeholders()
  /** As the client sent it: what is kept for it to continue. */
  original: GenRequest | undefined
  readonly #guard: Guard

  constructor(guard: Guard) {
    this.#guard = guard
  }

  /** The request as it may go on. Throws `guardrail_blocked`, and rejects with it or `guardrail_unavailable`. */
  takeRequest(request: GenRequest): GenRequest | Promise<GenRequest> {
    this.original = request
    const { remotes } = this.#guard.input
    const texts = textsOf(request)
    const rewrite = this.takeTexts(texts)
    const next = rewrite === undefined ? request : rewriteTexts(request, rewrite)
    if (remotes.length === 0) return next
    // They are told what the provider is told.
    return askAll(remotes, newText(next), 'input', this.decisions).then(() => next)
  }

  /** How each text is to be rewritten; undefined where none is. Throws `guardrail_blocked`. */
  takeTexts(texts: readonly string[]): ((text: string) => string) | undefined {
    const { spans, sizes } = this.#guard.input
    const length = sizes.length === 0 ? 0 : texts.reduce((sum, text) => sum + text.length, 0)
    for (const rule of sizes) if (length > rule.maxCharacters) this.#act(rule, ['characters'])
    let redacts = false
    for (const rule of spans) {
      const kinds = texts.flatMap((text) => findAll(text, rule.detectors).map(({ kind }) => kind))
      if (kinds.length === 0) continue
      this.#act(rule, kinds)
      redacts ||= rule.action === 'redact'
    }
    if (!redacts) return undefined
    const detectors = spans.flatMap((rule) => (rule.action === 'redact' ? rule.detectors : []))
    const isTaken = (name: string) => texts.some((text) => text.includes(name))
    return (text) =>
      replaceFindings(text, findAll(text, detectors), ({ kind }, value) =>
        this.placeholders.nameOf(kind, value, isTaken),
      )
  }

  /** For what cannot be looked into: nothing may pass that might have had to be refused or changed. */
  refuseUnread(): void {
    const { spans, sizes, remotes } = this.#guard.input
    const rule = [...spans, ...sizes, ...remotes].find(({ action }) => action !== 'flag')
    if (rule === undefined) return
    this.decisions.note(rule, 'input', 'block', ['not-readable'])
    throw new GatewayError(
      'guardrail_blocked',
      `The guardrail \`${rule.name}\` cannot look into requests of this operation.`,
    )
  }

  /** True where an answer has to be looked at or written anew. */
  get looksAtAnswers(): boolean {
    return !this.placeholders.isEmpty || !isEmpty(this.#guard.output)
  }

  check(request: GenRequest, inner: AnswerCheck | undefined): AnswerCheck {
    const isJson = request.format !== undefined && request.format.type !== 'text'
    const { decisions, placeholders } = this
    return new OutputGuard({ rules: this.#guard.output, decisions, placeholders, isJson, inner })
  }

  #act(rule: SpanRule | SizeRule, kinds: readonly string[]): void {
    this.decisions.note(rule, 'input', rule.action, kinds)
    if (rule.action === 'block') throw blockedBy(rule, 'input')
  }
}
