/** The guardrails of a destination at work on one request: what goes in, and what comes out. */

import type { AnswerCheck } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { GenRequest } from '../core/request.ts'
import { replaceFindings } from '../detectors/finding.ts'
import { findPlaced } from '../detectors/json-text.ts'
import { blockedBy, Decisions } from './decisions.ts'
import { OutputGuard } from './output.ts'
import { Placeholders } from './placeholders.ts'
import { askAll } from './remote.ts'
import { newText, type RequestText, type RewriteText, rewriteTexts, textsOf } from './request-texts.ts'
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
    const rewrite = this.takeTexts(textsOf(request))
    const next = rewrite === undefined ? request : rewriteTexts(request, rewrite)
    // They are told what the provider is told.
    return this.askOthers(() => newText(next))?.then(() => next) ?? next
  }

  /** Has others decide about the prompt; undefined where there are none. Rejects as `takeRequest` does. */
  askOthers(text: () => string): Promise<void> | undefined {
    const { remotes } = this.#guard.input
    return remotes.length === 0 ? undefined : askAll(remotes, text(), 'input', this.decisions)
  }

  /** How each text is to be rewritten; undefined where none is. Throws `guardrail_blocked`. */
  takeTexts(texts: readonly RequestText[]): RewriteText | undefined {
    const { spans, sizes } = this.#guard.input
    const length = sizes.length === 0 ? 0 : texts.reduce((sum, { text }) => sum + text.length, 0)
    for (const rule of sizes) if (length > rule.maxCharacters) this.#act(rule, ['characters'])
    let redacts = false
    for (const rule of spans) {
      const kinds = texts.flatMap(({ text, isJson }) =>
        findPlaced(text, isJson, rule.detectors).map(({ kind }) => kind),
      )
      if (kinds.length === 0) continue
      this.#act(rule, kinds)
      redacts ||= rule.action === 'redact'
    }
    if (!redacts) return undefined
    const detectors = spans.flatMap((rule) => (rule.action === 'redact' ? rule.detectors : []))
    const isTaken = (name: string) => texts.some(({ text }) => text.includes(name))
    return (text, isJson) =>
      replaceFindings(text, findPlaced(text, isJson, detectors), ({ kind, value, isBare }) => {
        const name = this.placeholders.nameOf(kind, value, isTaken)
        return isBare ? `"${name}"` : name
      })
  }

  /** What else goes out of the same request, with the same placeholders. */
  hidden(request: GenRequest): GenRequest {
    const { placeholders } = this
    return placeholders.isEmpty ? request : rewriteTexts(request, (text) => placeholders.hide(text))
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
