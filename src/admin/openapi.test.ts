/** The rows of the administration API become a description that OpenAPI 3.1 tools can read. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { renderOpenApi } from './openapi.ts'
import { type AdminRoute, adminRoute } from './route.ts'

const read = adminRoute({
  method: 'GET',
  path: '/things/{id}',
  policy: 'traffic:read',
  summary: 'One thing.',
  query: z.strictObject({
    limit: z.coerce.number().int().max(10).default(5).describe('How many.'),
    since: z.string().transform(Number),
  }),
  response: z.object({ id: z.string(), count: z.int().default(0) }),
  run: ({ query }) => ({ body: { id: 'a', count: query.limit } }),
})
const write = adminRoute({
  method: 'PUT',
  path: '/things/{id}',
  policy: 'operations:write',
  audit: { action: 'thing.replace', object: ({ params }) => `thing:${params['id'] ?? ''}` },
  summary: 'Replaces a thing.',
  body: z.object({ name: z.string().default('x') }),
  run: ({ body }) => ({ status: 204, body: body.name }),
})

test('a row becomes an operation with its parameters, body, policy and answers', () => {
  const document = renderOpenApi([read, write])
  assert.equal(document['openapi'], '3.1.0')
  assert.deepEqual(document['paths'], {
    '/things/{id}': {
      get: {
        summary: 'One thing.',
        'x-weir-policy': 'traffic:read',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          {
            name: 'limit',
            in: 'query',
            required: false,
            description: 'How many.',
            schema: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: 10, default: 5 },
          },
          { name: 'since', in: 'query', required: true, schema: { type: 'string' } },
        ],
        responses: {
          '2XX': {
            description: 'Done.',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['id', 'count'],
                  additionalProperties: false,
                  properties: {
                    id: { type: 'string' },
                    count: {
                      type: 'integer',
                      default: 0,
                      minimum: Number.MIN_SAFE_INTEGER,
                      maximum: Number.MAX_SAFE_INTEGER,
                    },
                  },
                },
              },
            },
          },
          default: {
            description: 'Not done.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
          },
        },
      },
      put: {
        summary: 'Replaces a thing.',
        'x-weir-policy': 'operations:write',
        'x-weir-audit': 'thing.replace',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { type: 'object', properties: { name: { type: 'string', default: 'x' } } },
            },
          },
        },
        responses: {
          '2XX': { description: 'Done.' },
          default: {
            description: 'Not done.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
          },
        },
      },
    },
  })
})

test('two rows with one method and path are a mistake', () => {
  assert.throws(() => renderOpenApi([read, write, read]), /two admin routes GET \/things\/\{id\}/)
})

test('every schema of the description is JSON Schema', () => {
  const schemas: object[] = []
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      if (name === 'schema') schemas.push(member as object)
      else collect(member)
    }
  }
  const routes: readonly AdminRoute[] = [read, write]
  collect(renderOpenApi(routes)['paths'])
  assert.equal(schemas.length, 8)
  const ajv = new Ajv2020({ strict: false })
  for (const schema of schemas) assert.ok(ajv.validateSchema(schema), JSON.stringify(schema))
})
