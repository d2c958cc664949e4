/** What of JSON Schema each kind of constrained decoding takes, by the documentation of who offers it. */

import type { SchemaSubset } from '../schema/subset.ts'

const stringFormats = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']

export const schemaSubsets = {
  /** What is not known to refuse anything is sent everything. */
  whole: { takesRecursion: true },
  /** https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
  'openai-strict': {
    keywords: new Set(
      (
        'const pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum ' +
        'minItems maxItems'
      ).split(' '),
    ),
    formats: new Set(stringFormats),
    closesObjects: true,
    requiresAll: true,
    wantsObject: true,
    takesRecursion: true,
    takesLoose: true,
  },
  /** https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
  anthropic: {
    keywords: new Set(['const', 'format', 'default', 'allOf']),
    formats: new Set([...stringFormats, 'uri']),
    closesObjects: true,
    wantsObject: true,
  },
  /** https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support */
  gemini: {
    keywords: new Set(
      (
        'format prefixItems minItems maxItems minimum maximum oneOf $id $anchor ' +
        'propertyOrdering nullable'
      ).split(' '),
    ),
    formats: new Set(['date-time', 'date', 'time', 'duration', 'int32', 'int64', 'float', 'double', 'enum']),
    takesRecursion: true,
  },
  /** https://docs.cohere.com/docs/structured-outputs#json-schema */
  cohere: {
    keywords: new Set(['const', 'pattern', 'format']),
    formats: new Set(['date-time', 'uuid', 'date', 'time']),
    wantsObject: true,
  },
} as const satisfies Record<string, SchemaSubset>

export type SchemaSubsetName = keyof typeof schemaSubsets
