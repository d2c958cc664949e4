/** Faults that replace the whole response: statuses, content types, encodings, lengths, headers. */

import { gzipSync } from 'node:zlib'
import type { Json, JsonObject } from '../core/json.ts'
import { type Fault, type FaultContext, refuse } from './fault.ts'
import type { Plan } from './plan.ts'
import { streamOf, wholeFrame } from './wire.ts'

const page =
  '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n'
const bigErrorBytes = 5_000_000
const bigJsonBytes = 100_000_000
const bombBytes = 200_000_000

function replace(plan: Plan, status: number, contentType: string, body: Iterable<Buffer>): void {
  plan.status = status
  plan.headers = [['content-type', contentType], ...plan.headers.filter(([name]) => name !== 'content-type')]
  plan.rawBody = body
  plan.transfer = 'length'
  plan.inputTokens = undefined
}

/** A rate limit that tells when to come back in a header, made of the present time. */
const rateLimit = (
  means: string,
  header: (nowMs: number) => [string, string] | undefined,
  details?: readonly Json[],
): Fault => ({
  means: `429, ${means}`,
  plan: (plan, _argument, context) => {
    const told = header(context.reply.nowMs)
    const words = { status: 429, message: 'Rate limit reached.', ...(details && { details }) }
    refuse(plan, context, words, told ? [told] : [])
  },
})

const words: Readonly<Record<number, string>> = {
  401: 'Incorrect API key provided.',
  402: 'Insufficient balance.',
  403: 'The credential may not use this model.',
  404: 'The model does not exist or you do not have access to it.',
  413: 'The request exceeds the maximum size.',
  422: 'The request could not be understood.',
  429: 'Rate limit reached.',
  503: 'The engine is currently overloaded, please try again later.',
  529: 'Overloaded',
}

function answerStatus(plan: Plan, argument: string, context: FaultContext): void {
  const status = Number(argument)
  if (status < 200) plan.preamble = `HTTP/1.1 ${status} Informational\r\nlink: </style.css>\r\n\r\n`
  else if (status < 300) plan.status = status
  else if (status < 400) {
    replace(plan, status, 'text/plain', [])
    plan.headers.push(['location', '/elsewhere'])
  } else refuse(plan, context, { status, message: words[status] ?? `Status ${status}.` })
}

const contextWords: Readonly<Record<string, string>> = {
  'anthropic-messages': 'prompt is too long: 250000 tokens > 200000 maximum',
  'bedrock-converse':
    'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.',
  'gemini-generate':
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
}

const quotaMessage = 'You exceeded your current quota, please check your plan and billing details.'
const google = 'type.googleapis.com/google.rpc.'

const violation = {
  quotaMetric: 'generativelanguage.googleapis.com/generate_requests',
  quotaId: 'GenerateRequestsPerDayPerProjectPerModel',
}

/** A body that is valid JSON, and then blank up to `bytes`. */
function* padded(value: JsonObject | string, bytes: number): Generator<Buffer> {
  const document = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  yield document
  const filler = Buffer.alloc(65_536, ' ')
  for (let left = bytes - document.length; left > 0; left -= filler.length) yield filler.subarray(0, left)
}

/** Gzip allows many members one after another, so that a small one makes a bomb of any size. */
function bomb(document: string): Buffer[] {
  const member = gzipSync(Buffer.alloc(1_000_000, ' '))
  return [gzipSync(document), ...Array<Buffer>(bombBytes / 1_000_000).fill(member)]
}

const wholeOf = ({ wire, reply }: FaultContext) => wire.whole(reply)

export const bodyFaults: Readonly<Record<string, Fault>> = {
  http: {
    means: 'this status: informational before the answer, a redirect, or an error',
    argument: 'count',
    plan: answerStatus,
  },
  'http-429-s': rateLimit('retry-after in seconds', () => ['retry-after', '2']),
  'http-429-float': rateLimit('retry-after in fractions of seconds', () => ['retry-after', '1.5']),
  'http-429-ms': rateLimit('retry-after-ms', () => ['retry-after-ms', '1500']),
  'http-429-go': rateLimit('retry-after as a Go duration', () => ['retry-after', '1m2.5s']),
  'http-429-date': rateLimit('retry-after as an HTTP date', (nowMs) => [
    'retry-after',
    new Date(nowMs + 3000).toUTCString(),
  ]),
  'http-429-rfc3339': rateLimit('retry-after as a time', (nowMs) => [
    'retry-after',
    new Date(nowMs + 3000).toISOString(),
  ]),
  'http-429-retryinfo': rateLimit("Google's RetryInfo in the body", () => undefined, [
    { '@type': `${google}RetryInfo`, retryDelay: '1.5s' },
  ]),
  'http-429-garbage': rateLimit('retry-after that means nothing', () => ['retry-after', 'soon']),
  'quota-openai': {
    means: '429, the account is out of money',
    plan: (plan, _argument, context) =>
      refuse(plan, context, {
        status: 429,
        message: quotaMessage,
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      }),
  },
  'quota-anthropic': {
    means: '429, the spend limit is reached',
    plan: (plan, _argument, context) =>
      refuse(plan, context, {
        status: 429,
        message: 'Your organization has reached its spend limit.',
        code: 'enforced_spend_limit_reached',
      }),
  },
  'quota-gemini-day': {
    means: "429, the day's quota is used up",
    plan: (plan, _argument, context) =>
      refuse(plan, context, {
        status: 429,
        message: quotaMessage,
        code: 'insufficient_quota',
        details: [{ '@type': `${google}QuotaFailure`, violations: [violation] }],
      }),
  },
  'html-502': {
    means: '502, a web page',
    plan: (plan) => replace(plan, 502, 'text/html', [Buffer.from(page)]),
  },
  'empty-500': { means: '500 without a body', plan: (plan) => replace(plan, 500, 'application/json', []) },
  'bigerr-500': {
    means: '500 with a body of 5 MB',
    plan: (plan, _argument, context) =>
      refuse(plan, context, { status: 500, message: 'Internal error. '.repeat(bigErrorBytes / 16) }),
  },
  'context-length': {
    means: '400, the prompt does not fit',
    plan: (plan, _argument, context) => {
      const message = contextWords[context.wire.name] ?? "This model's maximum context length is 8192 tokens."
      refuse(plan, context, { status: 400, message, code: 'context_length_exceeded' })
    },
  },
  'ctype-html': {
    means: '200, a web page',
    plan: (plan) => replace(plan, 200, 'text/html', [Buffer.from(page)]),
  },
  'ctype-json': {
    means: 'one JSON document, even for a stream',
    plan: (plan, _argument, context) => {
      plan.framing = 'json'
      plan.transfer = 'length'
      plan.frames = [wholeFrame(context.wire, context.reply)]
      plan.headers = [
        ['content-type', 'application/json'],
        ...plan.headers.filter(([name]) => name !== 'content-type'),
      ]
    },
  },
  'ctype-sse': {
    means: 'a stream, even where none was asked for',
    plan: (plan, _argument, { wire, reply }) => {
      const { framing, contentType } = streamOf(wire)
      plan.framing = framing
      plan.transfer = 'chunked'
      plan.frames = wire.frames(reply)
      plan.headers = [
        ['content-type', contentType],
        ...plan.headers.filter(([name]) => name !== 'content-type'),
      ]
    },
  },
  'empty-body': {
    means: '200 without a body',
    plan: (plan) => {
      plan.rawBody = []
    },
  },
  'ce-chain-1000': {
    means: '1,000 content encodings',
    plan: (plan) => void plan.headers.push(['content-encoding', Array<string>(1000).fill('gzip').join(', ')]),
  },
  'ce-bomb': {
    means: '200 KB of gzip that hold 200 MB',
    plan: (plan, _argument, context) => {
      replace(plan, 200, 'application/json', bomb(JSON.stringify(wholeOf(context))))
      plan.headers.push(['content-encoding', 'gzip'])
    },
  },
  'cl-short': {
    means: 'a content length that is too small by 10',
    plan: (plan) => {
      plan.transfer = 'length'
      plan.lengthError = -10
    },
  },
  'cl-long': {
    means: 'a content length that is too large by 10',
    plan: (plan) => {
      plan.transfer = 'length'
      plan.lengthError = 10
    },
  },
  'bad-chunk': {
    means: 'a chunk without a valid size after the first delta',
    plan: (plan) => {
      plan.transfer = 'chunked'
      plan.breaksChunk = true
    },
  },
  'hdr-20k': {
    means: 'a header of 20 KB',
    plan: (plan) => void plan.headers.push(['x-long', 'a'.repeat(20_000)]),
  },
  'hdr-10000': {
    means: '10,000 headers',
    plan: (plan) => {
      for (let at = 0; at < 10_000; at++) plan.headers.push([`x-header-${at}`, '1'])
    },
  },
  'json-100m': {
    means: 'a JSON document of 100 MB',
    plan: (plan, _argument, context) => {
      replace(plan, 200, 'application/json', padded(wholeOf(context), bigJsonBytes))
      plan.transfer = 'chunked'
    },
  },
}
