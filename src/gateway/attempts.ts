/** The plan of a request, the contract on its answer, and the attempts with their accounts. */

import { unlessInterrupted } from '../core/interrupt.ts'
import type { Account } from '../ledger/account.ts'
import type { Spender } from '../ledger/entry.ts'
import type { Target } from '../providers/provider.ts'
import { structuredAbility } from '../providers/structured-ability.ts'
import { attemptPlan } from '../routing/attempt.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import { type PlanParts, planRequest } from '../routing/plan.ts'
import type { TaskGuesses } from '../routing/task.ts'
import type { OpenAttempt } from '../routing/port.ts'
import { isRoute } from '../routing/route.ts'
import { RequestTraits } from '../routing/traits.ts'
import { type BillBounds, noAccount } from '../upstream/operation.ts'
import { answerHeaders, mostOf, sumOf } from './answer.ts'
import { callerOf, type Exchange } from './exchange.ts'
import { guardedAttempt } from './guarding.ts'

/** Undefined where the plan is made at once: only labelled examples have to be waited for. */
export function plan(exchange: Exchange): Promise<void> | undefined {
  const { inbound, call, destination, parts } = exchange
  const { dialect, operation } = inbound
  const look = () => exchange.content
  const traits = new RequestTraits({ dialect, operation, stream: call!.stream }, callerOf(exchange), look)
  const guessing = isRoute(destination!) ? parts.examples.guess(destination, traits) : undefined
  if (guessing) return planWith(exchange, traits, guessing)
  exchange.plan = planRequest(destination!, traits, planningOf(exchange))
  return undefined
}

async function planWith(
  exchange: Exchange,
  traits: RequestTraits,
  guessing: Promise<TaskGuesses>,
): Promise<void> {
  const guesses = await unlessInterrupted(guessing, exchange.inbound.interrupt)
  exchange.plan = planRequest(exchange.destination!, traits, { ...planningOf(exchange), guesses })
}

function planningOf(exchange: Exchange): PlanParts {
  const { parts, atMs } = exchange
  return { ...routingOf(exchange), nowMs: parts.clock.monotonicMs(), atMs }
}

function routingOf({ parts: { routing }, inbound: { health } }: Exchange): AttemptParts {
  return health === undefined ? routing : { ...routing, health }
}

/** Undefined where there is nothing to wait for: most requests have no contract. */
export function openContract(exchange: Exchange): Promise<void> | undefined {
  const { call, plan, inbound, parts } = exchange
  if (call!.generation === undefined) return undefined
  const opening = parts.contracts.open(
    {
      ...call!.generation,
      isStrict: inbound.header('x-weir-strict') === '1',
      movesOnRefusal: plan!.policy.failoverOn.has('refusal'),
    },
    plan!.settingsName,
  )
  if (opening instanceof Promise) return opening.then((contract) => void (exchange.contract = contract))
  exchange.contract = opening
  return undefined
}

export async function attempt(exchange: Exchange): Promise<void> {
  const { inbound, parts, deadlineMs, contract, borrowing } = exchange
  if (!exchange.call!.isFree) parts.ledger.admit()
  const running = attemptPlan(
    {
      plan: exchange.plan!,
      call: borrowing?.call(exchange.call!) ?? exchange.call!,
      priority: exchange.priority,
      expectedTokens: exchange.expectedTokens,
      context: {
        sender: parts.sender,
        clock: parts.clock,
        tokens: parts.tokens,
        requestId: inbound.id,
        isStrict: inbound.header('x-weir-strict') === '1',
        mayContinue: exchange.plan!.policy.continuesBroken,
        outlet: borrowing?.outlet ?? exchange.outlet,
        interrupt: borrowing?.interrupt ?? inbound.interrupt,
        account: noAccount,
        streamHeaders(target, dropped, outcome) {
          borrowing?.begun({ provider: target.provider.name, model: target.model, dropped })
          return {
            ...answerHeaders(exchange, target, exchange.begun, dropped),
            ...(contract && { 'x-weir-contract': contract.path(outcome) }),
          }
        },
        ...((contract || exchange.guarding?.looksAtAnswers) && {
          contractFor: (target) => guardedAttempt(exchange, contract?.attempt(structuredAbility(target))),
        }),
      },
      openAttempt: openAttemptOf(exchange),
      onStart: () => exchange.begun++,
      onEnd: (made) => exchange.attempts.push(made),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(contract && {
        judgeAnswer: (made, target) => contract.judge(made, structuredAbility(target)),
      }),
    },
    routingOf(exchange),
  )
  exchange.decided = await (borrowing?.made(running) ?? running)
}

/** Opens the account of each attempt that the request is made in: all of them are its caller's. */
function openAttemptOf(exchange: Exchange): OpenAttempt {
  const { parts, call, principal, accounts, contract, inbound } = exchange
  const spender = spenderOf(exchange, exchange.plan!.route)
  const ceiling = principal!.maxNanoUsdPerRequest
  const bounds = call!.bounds?.()
  const countPrompt = call!.countPrompt && (() => call!.countPrompt!(parts.tokens))
  const boundsFor = (target: Target): BillBounds | undefined => {
    if (!bounds || !contract) return bounds
    const inputBytes = bounds.inputBytes + contract.addedBytes(structuredAbility(target))
    return { ...bounds, inputBytes, turns: bounds.turns + 2 }
  }
  return async ({ n, target }) => {
    const account = await parts.ledger.open({
      spender,
      attempt: n,
      provider: target.provider.name,
      model: target.model,
      credential: target.credential.alias,
      bounds: boundsFor(target),
      ...(ceiling !== undefined && { ceilingNanoUsd: ceiling - sumOf(accounts, mostOf) }),
      ...(countPrompt && { countPrompt }),
    })
    accounts.push(account)
    if (inbound.afford) await affordOrUndo(exchange, account)
    return account
  }
}

async function affordOrUndo({ inbound, accounts }: Exchange, account: Account): Promise<void> {
  try {
    await inbound.afford!(sumOf(accounts, mostOf))
  } catch (cause) {
    await account.settle({ phase: 'unsent' })
    throw cause
  }
}

export function spenderOf(
  { inbound, principal, call, payer, session, tags }: Exchange,
  route: string | undefined,
): Spender {
  const { org, keyId, keyName, team } = principal!
  return {
    requestId: inbound.id,
    org,
    keyId,
    keyName,
    tags: tags.length > 1 ? [...new Set(tags)] : tags,
    dialect: inbound.dialect,
    operation: inbound.operation,
    stream: call!.stream,
    ...(team && { team: team.id }),
    ...(team && team.markupBasisPoints > 0 && { markupBasisPoints: team.markupBasisPoints }),
    ...(team?.creditNanoUsd !== undefined && { creditNanoUsd: team.creditNanoUsd }),
    ...(payer !== undefined && { user: payer }),
    ...(session !== undefined && { session }),
    ...(session !== undefined && call!.promptBytes && { promptBytes: call!.promptBytes() }),
    ...(route !== undefined && { route }),
  }
}
