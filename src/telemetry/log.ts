/** The log: one JSON line an event, from an allow-list of fields, never a prompt or a key. */

import { inspect } from 'node:util'
import { type Logger, pino, type LoggerOptions } from 'pino'
import type { GatewayError } from '../core/error.ts'

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'debug' | 'fatal'>

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'text'
  /** Standard output unless a test looks over its shoulder. */
  readonly destination?: { write(text: string): void }
}

/** Fields that no event may show, wherever they stand in it. */
const redactedPaths = [
  'authorization',
  '*.authorization',
  'apiKey',
  '*.apiKey',
  'secret',
  '*.secret',
  'body',
  '*.body',
]

export function createLog({ level, format, destination }: LogOptions): Log {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '***' },
  }
  const target = destination ?? pino.destination({ dest: 1, sync: false })
  const render = format === 'json' ? toSafeJson : toText
  return pino(options, {
    write(line) {
      target.write(render(line))
    },
  })
}

/** What a terminal obeys, breaks a line at, or turns the order of a text round by; JSON leaves these as they are. */
const unseen = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function toSafeJson(line: string): string {
  return line.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** `12:00:00 info  listening  address=...` for people. */
function toText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as { time: string; level: string; msg?: string }
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const text = [time.slice(11, 19), level.padEnd(5), msg ?? '', ...rest].join(' ')
  // A value may hold what a terminal obeys, or what looks like a line of its own: those that follow are set in.
  const safe = text.replace(/[\u0000-\u0009\u000b-\u001f]/g, '?').replace(unseen, '?')
  return `${safe.replaceAll('\n', '\n    | ')}\n`
}

/** What a failure says to operators: the code, the provider's words, and for our own faults the cause. */
export function logError(log: Log, error: GatewayError, requestId: string): void {
  const fields = {
    requestId,
    code: error.code,
    status: error.status,
    ...(error.upstream && {
      upstream: { ...error.upstream, message: error.upstream.message?.slice(0, 500) },
    }),
  }
  if (error.rule.blame === 'caller') log.debug(fields, error.message)
  else if (error.code === 'internal') log.error({ ...fields, cause: stackOf(error.cause) }, error.message)
  else log.warn(fields, error.message)
}

function stackOf(cause: unknown): string | undefined {
  if (cause === undefined) return undefined
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)
}
