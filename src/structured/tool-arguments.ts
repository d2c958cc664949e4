/** Checks the arguments of tool calls against the schemas of the tools that the client offered. */

import { GatewayError } from '../core/error.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { isObject } from '../core/json.ts'
import type { GenRequest, Tool } from '../core/request.ts'
import type { SchemaChecker } from '../schema/checker.ts'
import { SchemaFault } from '../schema/fault.ts'

export interface ToolCheck {
  readonly level: 'report' | 'enforce'
  /** What is wrong with a call, as `get_weather /city: must be string`. */
  faultsOf(name: string, text: string): Promise<readonly string[]>
}

type FunctionTool = Extract<Tool, { readonly type: 'function' }>

export function createToolCheck(
  request: GenRequest,
  level: ToolCheck['level'],
  checker: SchemaChecker,
): ToolCheck | undefined {
  const tools = new Map<string, FunctionTool>()
  for (const tool of request.tools ?? []) if (tool.type === 'function') tools.set(tool.name, tool)
  if (tools.size === 0) return undefined
  return {
    level,
    async faultsOf(name, text) {
      const tool = tools.get(name)
      if (tool === undefined) return [`${name}: no such tool was offered`]
      const value = parseBounded(text)
      if (!isObject(value)) return [`${name}: the arguments are no JSON object`]
      if (tool.schema === undefined) return []
      try {
        const faults = await (await checker.compile(tool.schema)).check(value, text)
        return faults?.map((fault) => `${name} ${fault}`) ?? [`${name}: the check took too long`]
      } catch (cause) {
        // Only reported calls come here with a schema that was not looked at before.
        const isTold = cause instanceof SchemaFault || cause instanceof GatewayError
        if (isTold) return [`${name}: ${cause.message}`]
        throw cause
      }
    },
  }
}
