/** The settings `shared` and `queue`: a word for what needs no server, or the URL of one. */

import { z } from 'zod'
import { Secret } from '../core/secret.ts'
import { looksLikeReference, parseSecretRef, SecretRef } from './secret-ref.ts'

export const sharedMend =
  'Write `memory`, `redis://host:6379`, or, where the URL holds a password, `env:NAME` or `file:/path`.'
export const queueMend =
  'Write `store`, `redis://host:6379`, `amqp://host`, or, where the URL holds a password, `env:NAME` or `file:/path`.'

export const sharedSetting = placeSetting('memory', isRedisUrl, sharedMend)
export const queueSetting = placeSetting('store', isQueueUrl, queueMend)

export function isRedisUrl(value: string): boolean {
  return hasProtocol(value, /^rediss?:$/)
}

export function isQueueUrl(value: string): boolean {
  return hasProtocol(value, /^(rediss?|amqps?):$/)
}

function hasProtocol(value: string, protocol: RegExp): boolean {
  return URL.canParse(value) && protocol.test(new URL(value).protocol)
}

/** A URL without a password may stand in the file; one with a password is a secret like any other. */
function placeSetting<Word extends string>(word: Word, isUrl: (value: string) => boolean, mend: string) {
  return z.string().transform((value, context): Word | SecretRef => {
    if (value === word) return word
    if (isUrl(value)) {
      return new SecretRef({
        kind: new URL(value).password === '' ? 'open' : 'plain',
        secret: new Secret(value),
      })
    }
    const ref = looksLikeReference(value) ? parseSecretRef(value) : undefined
    if (ref instanceof SecretRef) return ref
    const fault = ref ?? { message: 'not a known place', mend }
    context.addIssue({ code: 'custom', message: fault.message, params: { mend: fault.mend } })
    return z.NEVER
  })
}
