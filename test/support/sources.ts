/** One provider for each dialect that the simulator speaks, named after it. */

import type { DialectId } from '../../src/core/event.ts'
import type { JsonObject } from '../../src/core/json.ts'

export const sourceNames = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
  'ollama-chat',
] as const satisfies readonly DialectId[]

export type SourceName = (typeof sourceNames)[number]

const rows: Readonly<Record<SourceName, { readonly settings: JsonObject; readonly path: string }>> = {
  'openai-chat': { settings: { type: 'openai', dialect: 'openai-chat' }, path: '/openai/v1' },
  'openai-responses': { settings: { type: 'openai', dialect: 'openai-responses' }, path: '/openai/v1' },
  'anthropic-messages': { settings: { type: 'anthropic' }, path: '/anthropic/v1' },
  gemini: { settings: { type: 'gemini' }, path: '/gemini/v1beta' },
  'bedrock-converse': { settings: { type: 'bedrock' }, path: '/bedrock' },
  'cohere-chat': { settings: { type: 'cohere' }, path: '/cohere/v2' },
  'ollama-chat': { settings: { type: 'ollama' }, path: '/ollama/api' },
}

/** The configuration of each provider, at the address that `baseUrl` gives for the simulator's path. */
export function sourceProviders(
  baseUrl: (path: string) => string,
  more: JsonObject = {},
): Readonly<Record<SourceName, JsonObject>> {
  const settings = sourceNames.map((name) => [
    name,
    {
      ...rows[name].settings,
      apiKey: 'env:PROVIDER_KEY',
      allowPrivateNetwork: true,
      baseUrl: baseUrl(rows[name].path),
      ...more,
    },
  ])
  return Object.fromEntries(settings) as Record<SourceName, JsonObject>
}
