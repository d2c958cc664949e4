/** What must come out of the gateway for every fault that a provider can have: one row each. */

import type { ErrorCode } from '../../src/core/error.ts'
import type { SourceName } from '../support/sources.ts'

/**
 * `ok`: the answer, whole. `unproven`: the answer, without a word on why it ended. A code: an error answer in the client's dialect, before anything else was sent.
 * `after`: the answer began, and its end tells the code. `fails`: one of the two, as the bytes happen to arrive.
 */
export type Outcome =
  | 'ok'
  | 'unproven'
  | ErrorCode
  | { readonly after: ErrorCode }
  | { readonly fails: ErrorCode }

const hastyMs = 400

/** Where the first token comes, however late on a machine with much else to do, its deadline is a long one. */
export const hastyTimeouts = {
  first: { firstTokenMs: hastyMs, totalMs: hastyMs },
  idle: { idleMs: hastyMs, totalMs: hastyMs },
}

export interface FaultRow {
  /** As the simulator names it, combined with others where the fault needs that. */
  readonly fault: string
  readonly stream: Outcome | ((source: SourceName) => Outcome)
  readonly whole: Outcome | ((source: SourceName) => Outcome)
  /** Of an error answer, where it is not that of its code. */
  readonly status?: number
  /** Any of these; none at all where absent. */
  readonly retryAfterSeconds?: readonly number[] | ((source: SourceName) => readonly number[])
  /** Absent: the answer's text is the prompt's. */
  readonly text?: 'any' | 'none'
  /** Absent: what the provider billed. `bounded`: absent, or whole and not negative. */
  readonly usage?: 'absent' | 'bounded'
  /** Where one failure leads to another attempt. Absent: 1. */
  readonly attempts?: number
  readonly maxTokens?: number
  readonly tools?: true
  /** Wants deadlines that run out: that of the first token, or that between bytes. */
  readonly hasty?: keyof typeof hastyTimeouts
  /** The provider's own error event may reach a client of its own dialect as it is. */
  readonly isToldByProvider?: true
  /** As the records call it. */
  readonly finish?: string
}

const refusal = (fault: string, code: ErrorCode, more: Partial<FaultRow> = {}): FaultRow => ({
  fault,
  stream: code,
  whole: code,
  ...more,
})

const fine = (fault: string, more: Partial<FaultRow> = {}): FaultRow => ({
  fault,
  stream: 'ok',
  whole: 'ok',
  ...more,
})

const limited = (kind: string, retryAfterSeconds?: FaultRow['retryAfterSeconds']): FaultRow =>
  refusal(
    `http-429-${kind}`,
    'upstream_rate_limit',
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  )

const both = (outcome: FaultRow['stream']): Pick<FaultRow, 'stream' | 'whole'> => ({
  stream: outcome,
  whole: outcome,
})

/** These have no word in their errors for what went wrong but the status. */
const speaksByStatus: ReadonlySet<SourceName> = new Set(['bedrock-converse', 'cohere-chat', 'ollama-chat'])
/** These tell no status with an error that comes after 200. */
const tellsNoStatus: ReadonlySet<SourceName> = new Set(['cohere-chat', 'ollama-chat'])
/** These have a frame behind the one that ends the answer. */
const hasMoreBehind: ReadonlySet<SourceName> = new Set(['openai-chat', 'bedrock-converse', 'cohere-chat'])

const overloaded = (source: SourceName): ErrorCode =>
  tellsNoStatus.has(source) ? 'upstream_error' : 'upstream_overloaded'

/** The stream loses its last event: that is its end, except for dialects with a `[DONE]` or the usage behind it. */
const lastEventLost = (source: SourceName): Outcome =>
  hasMoreBehind.has(source) ? 'ok' : { fails: 'upstream_truncated' }

/** Deltas that come one by one, so that the answer has begun when the fault strikes. */
const paced = '+slow-2ms'

export const faultRows: readonly FaultRow[] = [
  fine('echo'),

  // Before the first byte, and status errors (F10 to F23).
  refusal('ttfb-inf', 'upstream_timeout', { hasty: 'first' }),
  fine('http-103'),
  refusal('http-302', 'upstream_protocol'),
  refusal('http-307', 'upstream_protocol'),
  limited('s', [2]),
  limited('float', [2]),
  limited('ms', [2]),
  limited('go', [63]),
  // A date is cut to whole seconds.
  limited('date', [2, 3]),
  limited('rfc3339', [2, 3]),
  limited('retryinfo', (source) => (source === 'gemini' ? [2] : [])),
  limited('garbage'),
  // Google has no word for it but a detail that this one lacks: a limit like others.
  {
    fault: 'quota-openai',
    ...both((source) =>
      source === 'gemini' || speaksByStatus.has(source) ? 'upstream_rate_limit' : 'upstream_quota',
    ),
  },
  refusal('quota-anthropic', 'upstream_quota'),
  {
    fault: 'quota-gemini-day',
    ...both((source) => (speaksByStatus.has(source) ? 'upstream_rate_limit' : 'upstream_quota')),
  },
  refusal('http-402', 'upstream_quota'),
  refusal('http-503', 'upstream_overloaded'),
  refusal('http-529', 'upstream_overloaded'),
  refusal('html-502', 'upstream_error'),
  refusal('empty-500', 'upstream_error'),
  refusal('bigerr-500', 'upstream_error'),
  refusal('http-400', 'upstream_rejected', { status: 400 }),
  refusal('http-404', 'model_not_found'),
  refusal('http-413', 'upstream_rejected', { status: 413 }),
  refusal('http-422', 'upstream_rejected', { status: 422 }),
  refusal('context-length', 'context_length_exceeded'),
  refusal('http-401', 'upstream_auth'),
  refusal('http-403', 'upstream_auth'),
  { fault: 'err-in-200', ...both(overloaded) },
  refusal('ctype-html', 'upstream_protocol'),
  fine('ctype-json', { usage: 'bounded' }),
  // Nobody had asked for usage on a stream.
  fine('ctype-sse', { usage: 'bounded' }),
  refusal('empty-body', 'upstream_truncated'),
  fine('breaks-fence', { text: 'any' }),
  // Tried once more (F20); what is empty twice is the answer.
  fine('empty-completion', { text: 'none', attempts: 2 }),
  refusal('ce-chain-1000', 'upstream_protocol'),
  refusal('ce-bomb', 'upstream_protocol'),
  { fault: 'cl-short', stream: lastEventLost, whole: 'upstream_protocol', usage: 'bounded' },
  { fault: 'cl-long', stream: 'ok', whole: 'upstream_truncated', usage: 'bounded' },
  { fault: `bad-chunk${paced}`, stream: { fails: 'upstream_protocol' }, whole: 'upstream_protocol' },
  refusal('hdr-20k', 'upstream_protocol'),
  refusal('hdr-10000', 'upstream_protocol'),
  refusal('json-100m', 'upstream_protocol'),

  // Within the stream (F30 to F46).
  refusal('ttft-5s', 'upstream_timeout', { hasty: 'first' }),
  {
    fault: `stall-after-3${paced}`,
    stream: { after: 'upstream_timeout' },
    whole: 'upstream_timeout',
    hasty: 'idle',
  },
  { fault: `rst-after-3${paced}`, stream: { after: 'upstream_truncated' }, whole: 'upstream_truncated' },
  {
    fault: `fin-at-byte-3000${paced}`,
    // Cohere's whole answer is shorter than what others say before it.
    stream: (source) => (source === 'cohere-chat' ? 'ok' : { after: 'upstream_truncated' }),
    whole: 'ok',
    usage: 'bounded',
  },
  { fault: 'fin-at-byte-40', stream: 'upstream_truncated', whole: 'upstream_protocol' },
  fine('no-done'),
  {
    fault: `no-finish${paced}`,
    stream: { after: 'upstream_truncated' },
    // Chat has no other sign in the body; some of its servers leave it out, and the length of the answer held.
    whole: (source) => (source === 'openai-chat' ? 'unproven' : 'upstream_truncated'),
  },
  fine('split-1'),
  fine('split-random'),
  fine('sse-crlf'),
  fine('sse-bom'),
  // There are no events to cut in lines where each line is one.
  {
    fault: 'sse-multiline',
    stream: (source) => (source === 'ollama-chat' ? 'upstream_protocol' : 'ok'),
    whole: 'ok',
  },
  // A line is whole without the next one.
  {
    fault: 'sse-noblank',
    stream: (source) => (source === 'ollama-chat' ? 'ok' : lastEventLost(source)),
    whole: 'ok',
  },
  { fault: `bad-json-at-3${paced}`, stream: { after: 'upstream_protocol' }, whole: 'upstream_protocol' },
  {
    fault: `err-event-after-3${paced}`,
    stream: (source) => ({ after: overloaded(source) }),
    whole: overloaded,
    isToldByProvider: true,
  },
  { fault: 'err-event-after-0', ...both(overloaded) },
  {
    fault: 'no-choices',
    stream: 'ok',
    // An answer without content is whole where its reason to end stands outside of the content.
    whole: (source) => (source === 'openai-chat' || source === 'gemini' ? 'upstream_truncated' : 'ok'),
    text: 'any',
  },
  fine('dup-chunk', { text: 'any' }),
  fine('loop', { text: 'any', maxTokens: 1000, usage: 'bounded' }),
  { fault: 'line-10m', stream: { fails: 'upstream_protocol' }, whole: 'ok' },
  {
    fault: 'endless',
    stream: { after: 'upstream_protocol' },
    whole: 'upstream_protocol',
    maxTokens: 60,
    text: 'any',
  },
  fine('finish-length', { finish: 'length' }),
  fine('finish-never_heard_of', { finish: 'other' }),
  fine('tool-cut', { text: 'any', usage: 'bounded', tools: true, finish: 'tool-calls' }),
  fine('usage-cached'),
  fine('usage-missing', { usage: 'absent' }),
  fine('usage-null', { usage: 'absent' }),
  fine('usage-zero', { usage: 'bounded' }),
  fine('usage-negative', { usage: 'bounded' }),
  fine('usage-huge', { usage: 'bounded' }),
  fine('usage-inf', { usage: 'bounded' }),
  fine('usage-string', { usage: 'bounded' }),
  fine('usage-twice'),
  fine('usage-cumulative'),
  fine('after-done'),
]
