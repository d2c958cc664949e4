/** The request path: the one list of steps that every route takes, and its one exit. */

import { foldAnswer } from './core/answer.ts'
import { GatewayError } from './core/error.ts'
import { unlessInterrupted } from './core/interrupt.ts'
import { authorise, economise, limit } from './gateway/admission.ts'
import { costOf, refuse, respond } from './gateway/answer.ts'
import { attempt, openContract, plan } from './gateway/attempts.ts'
import { borrow } from './gateway/borrow.ts'
import { recall, remember } from './gateway/conversation.ts'
import { find, handOn } from './gateway/destination.ts'
import { Exchange } from './gateway/exchange.ts'
import { holdNarrow } from './gateway/narrow.ts'
import { refuseLongNames } from './gateway/names.ts'
import type { Gateway, GatewayParts, Served } from './gateway/parts.ts'
import { answerLater } from './gateway/later.ts'
import { openPayload, recordPayload } from './gateway/payload.ts'
import { guard } from './gateway/guarding.ts'
import { toRecord } from './gateway/record.ts'
import { endRun, repeat } from './gateway/repeat.ts'
import { bookSaving } from './gateway/saving.ts'

export function createGateway(parts: GatewayParts): Gateway {
  return { serve: (inbound) => serve(new Exchange(parts, inbound)) }
}

async function serve(exchange: Exchange): Promise<Served> {
  try {
    const late = exchange.identify()
    if (late) await late
    exchange.parts.admit(exchange.priority)
    await decode(exchange)
    if (exchange.principal!.isNarrow) holdNarrow(exchange)
    await recall(exchange)
    find(exchange)
    authorise(exchange)
    if (exchange.call!.later) return await later(exchange)
    economise(exchange)
    const turn = limit(exchange)
    if (turn) await turn
    if (await repeat(exchange)) return end(exchange)
    const guarding = guard(exchange)
    if (guarding) await guarding
    openPayload(exchange)
    const borrowing = borrow(exchange)
    if (borrowing === undefined || !(await borrowing.take())) {
      await plan(exchange)
      await openContract(exchange)
      await attempt(exchange)
      await remember(exchange)
      respond(exchange)
    } else bookSaving(exchange)
  } catch (error) {
    refuse(exchange, toGatewayError(error))
  }
  // A call that goes on for others is this request's all the same: its record tells of it.
  if (exchange.borrowing?.background) await exchange.borrowing.background
  await endRun(exchange)
  return end(exchange)
}

/** No request of its own in the books: the one that is made later is. */
async function later(exchange: Exchange): Promise<Served> {
  await answerLater(exchange)
  exchange.close()
  return {}
}

function end(exchange: Exchange): Served {
  exchange.close()
  const { error, principal, borrowing, last, parts, inbound } = exchange
  const borrowed = borrowing?.answer
  const answer = borrowed ? foldAnswer(borrowed.events) : last?.transcript?.answer
  const record = principal && toRecord(exchange, principal)
  if (record) parts.onRecord(record, inbound.header('traceparent'))
  if (record && exchange.isRecorded) recordPayload(exchange, record, answer)
  if (record && exchange.sample) handOn(exchange, record)
  const chargedNanoUsd = inbound.principal && costOf(exchange)
  return {
    ...(record && { record }),
    ...(error && { error }),
    ...(answer && { answer }),
    ...(chargedNanoUsd !== undefined && { chargedNanoUsd }),
  }
}

async function decode(exchange: Exchange): Promise<void> {
  exchange.startDeadline()
  const call = await unlessInterrupted(exchange.inbound.open(), exchange.inbound.interrupt)
  refuseLongNames(call)
  exchange.call = call
  exchange.startHeartbeat()
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'The gateway failed to answer this request.', { cause: error })
}
