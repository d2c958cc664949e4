/** Bounds how long a service is waited for: what others keep waits as well. */

import { SecretFailure } from './failure.ts'

/** The packages that look for an identity of the machine bound nothing themselves. */
const maxAnswerMs = 30_000

/** Rejects with SecretFailure `unavailable` where there is no answer in time. */
export async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const mend = 'Look whether it is overloaded, and how it is reached.'
    late.reject(new SecretFailure('unavailable', `no answer within ${maxAnswerMs / 1000} s`, mend))
  }, maxAnswerMs).unref()
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
