/** Describes the administration API as OpenAPI 3.1, from its rows. */

import { z } from 'zod'
import { asArray, asObject, type Json, type JsonObject } from '../core/json.ts'
import type { AdminRoute } from './route.ts'

/** The document for `/admin/v1/openapi.json`. Pure; throws on two rows with one method and path. */
export function renderOpenApi(routes: readonly AdminRoute[]): JsonObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const operations = (paths[route.path] ??= {})
    const method = route.method.toLowerCase()
    if (operations[method] !== undefined) throw new Error(`two admin routes ${route.method} ${route.path}`)
    operations[method] = describeRoute(route)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Weir administration', version: '1' },
    servers: [{ url: '/admin/v1' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The admin token.' },
        session: { type: 'apiKey', in: 'cookie', name: 'weir_session' },
      },
      schemas: { Error: errorSchema },
    },
  }
}

const errorSchema: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'A code of docs/errors.md.' },
        message: { type: 'string' },
        param: { type: 'string' },
      },
    },
  },
}

function describeRoute(route: AdminRoute): JsonObject {
  const { summary, policy, isOfInstance, audit, body, response } = route
  const parameters = [...pathParameters(route.path), ...queryParameters(route.query)]
  return {
    summary,
    'x-weir-policy': policy,
    ...(isOfInstance && { 'x-weir-instance': true }),
    ...(audit && { 'x-weir-audit': audit.action }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: jsonOf(toSchema(body, 'input')) } }),
    responses: {
      '2XX': {
        description: 'Done.',
        ...(response && { content: jsonOf(toSchema(response, 'output')) }),
      },
      default: { description: 'Not done.', content: jsonOf({ $ref: '#/components/schemas/Error' }) },
    },
  }
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(query: z.ZodObject | undefined): JsonObject[] {
  if (query === undefined) return []
  const schema = toSchema(query, 'input')
  const required = new Set(asArray(schema['required']))
  return Object.entries(asObject(schema['properties']) ?? {}).map(([name, value]) => {
    const { description, ...type } = asObject(value) ?? {}
    return {
      name,
      in: 'query',
      required: required.has(name),
      schema: type,
      ...(description !== undefined && { description }),
    }
  })
}

/** What goes in is described as it is sent, what comes out as it is after all defaults and conversions. */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as JsonObject
  return rest
}

function jsonOf(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } }
}
