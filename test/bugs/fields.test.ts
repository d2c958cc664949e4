/** Fault 26, a field of a request that vanishes: each survives in every target, or is reported. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectId } from '../../src/core/event.ts'
import type { GenRequest } from '../../src/core/request.ts'
import type { EncodedRequest } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { gatewayFields, plain, requestFields, type Wish, wishesOfParts } from './request-fields.ts'

/** As if a client of a dialect had asked that is not the target's: nothing can pass as it came. */
function encode(id: DialectId, request: GenRequest): EncodedRequest {
  return dialects[id].request.encode(request, { model: 'm', maxOutputTokens: 4000, takesReasoning: false })
}

/** A detail of what is reported as dropped itself needs no report of its own. */
function isLost(id: DialectId, { without = plain, asked }: Wish): boolean {
  const [before, after] = [encode(id, without), encode(id, asked)]
  const isSame = JSON.stringify(before.body) === JSON.stringify(after.body)
  return isSame && before.dropped.length === 0 && after.dropped.length === 0
}

for (const id of Object.keys(dialects) as DialectId[]) {
  test(`26: every field of a request survives in ${id}, or is reported as dropped`, () => {
    const lost = Object.entries({ ...requestFields, ...wishesOfParts })
      .filter(([name, wish]) => isLost(id, wish) && gatewayFields[name] === undefined)
      .map(([name]) => name)
    assert.deepEqual(lost, [])
  })
}

test('26: a field that no target needs to carry is one which some target does not', () => {
  const ids = Object.keys(dialects) as DialectId[]
  for (const name of Object.keys(gatewayFields)) {
    const wish = { ...requestFields, ...wishesOfParts }[name]
    assert.ok(wish && ids.some((id) => isLost(id, wish)), name)
  }
})
