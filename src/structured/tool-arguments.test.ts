/** A check of arguments that cannot be made is told, and fails no answer by itself. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../core/error.ts'
import type { SchemaChecker } from '../schema/checker.ts'
import { createToolCheck } from './tool-arguments.ts'

test('schemas that find no room to be compiled leave a fault in the report', async () => {
  const busy: SchemaChecker = {
    compile: () => Promise.reject(new GatewayError('overloaded', 'Too many schemas wait.')),
    close: async () => undefined,
  }
  const tools = [{ type: 'function', name: 'look', schema: { type: 'object' } }] as const
  const check = createToolCheck({ model: 'm', stream: false, turns: [], tools }, 'report', busy)
  assert.deepEqual(await check?.faultsOf('look', '{}'), ['look: Too many schemas wait.'])
})
