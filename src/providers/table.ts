/** The known providers, one row of data each. A provider's name stands nowhere else in the code. */

import type { EmbeddingDialectId } from '../core/embedding.ts'
import type { DialectId } from '../core/event.ts'
import type { QuirkName } from './quirks.ts'

/**
 * How a credential travels: in `Authorization: Bearer`, or alone in a header of the provider's own. With `sigv4`
 * a key travels as a bearer, and an access key not at all: it signs each request, for this service of AWS.
 */
export type AuthScheme =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'sigv4'; readonly service: string }

/** Environment variables of each setting, in the order in which they are looked up. */
export type SigningEnv = Readonly<
  Record<'region' | 'accessKeyId' | 'secretAccessKey' | 'sessionToken', readonly string[]>
>

export interface ProviderSpec {
  readonly title: string
  /** `gen_ai.provider.name` in traces: OpenTelemetry's own name where its conventions have one. */
  readonly genAiName: string
  /** The dialects it speaks; the first is used for clients of any dialect that it does not speak. */
  readonly dialects: readonly [DialectId, ...DialectId[]]
  readonly embeddings?: EmbeddingDialectId
  /** The dialects whose token-counting endpoint it offers. */
  readonly countsTokens?: readonly DialectId[]
  /** With version path, without a trailing slash; `{region}` is filled in. Absent: the configuration must name it. */
  readonly baseUrl?: string
  readonly auth: AuthScheme
  /** Environment variables that hold its key, in the order in which they are looked up. */
  readonly env: readonly string[]
  /** The same for the settings by which requests are signed. */
  readonly signingEnv?: SigningEnv
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  readonly quirks?: readonly QuirkName[]
  /** It wants the reasoning of earlier turns back as plain text. */
  readonly takesReasoning?: true
  /** Its answers differ from the dialect in ways that clients trip over: they are always encoded anew. */
  readonly deviates?: true
  /** Beginnings of the names of its own models, so that a bare model name finds it. */
  readonly modelPrefixes: readonly string[]
  /** Does closing the connection stop generation and billing? Where it does not, the answer is drained. */
  readonly cancelStopsBilling: boolean
}

export const providerTable = {
  openai: {
    title: 'OpenAI',
    genAiName: 'openai',
    dialects: ['openai-chat', 'openai-responses'],
    embeddings: 'openai-embeddings',
    countsTokens: ['openai-responses'],
    baseUrl: 'https://api.openai.com/v1',
    auth: { kind: 'bearer' },
    env: ['OPENAI_API_KEY'],
    modelPrefixes: ['gpt-', 'chatgpt-', 'o1', 'o3', 'o4', 'codex-', 'computer-use-', 'text-embedding-'],
    cancelStopsBilling: true,
  },
  anthropic: {
    title: 'Anthropic',
    genAiName: 'anthropic',
    dialects: ['anthropic-messages'],
    countsTokens: ['anthropic-messages'],
    baseUrl: 'https://api.anthropic.com/v1',
    auth: { kind: 'header', name: 'x-api-key' },
    env: ['ANTHROPIC_API_KEY'],
    headers: { 'anthropic-version': '2023-06-01' },
    modelPrefixes: ['claude-'],
    cancelStopsBilling: true,
  },
  gemini: {
    title: 'Google Gemini',
    genAiName: 'gcp.gemini',
    dialects: ['gemini'],
    embeddings: 'gemini-embeddings',
    countsTokens: ['gemini'],
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    auth: { kind: 'header', name: 'x-goog-api-key' },
    env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    modelPrefixes: ['gemini-', 'gemma-', 'learnlm-'],
    cancelStopsBilling: false,
  },
  deepseek: {
    title: 'DeepSeek',
    genAiName: 'deepseek',
    dialects: ['openai-chat'],
    baseUrl: 'https://api.deepseek.com/v1',
    auth: { kind: 'bearer' },
    env: ['DEEPSEEK_API_KEY'],
    quirks: [
      'max-tokens-name',
      'developer-is-system',
      'schema-in-prompt',
      'thinking-toggle',
      'reasoning-beside-calls',
    ],
    takesReasoning: true,
    modelPrefixes: ['deepseek-'],
    cancelStopsBilling: true,
  },
  qwen: {
    title: 'Qwen (Alibaba Cloud Model Studio)',
    genAiName: 'qwen',
    dialects: ['openai-chat'],
    embeddings: 'openai-embeddings',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    auth: { kind: 'bearer' },
    env: ['DASHSCOPE_API_KEY'],
    quirks: ['max-tokens-name', 'developer-is-system', 'enable-thinking'],
    modelPrefixes: ['qwen', 'qwq-', 'qvq-'],
    cancelStopsBilling: true,
  },
  mistral: {
    title: 'Mistral',
    genAiName: 'mistral_ai',
    dialects: ['openai-chat'],
    embeddings: 'openai-embeddings',
    baseUrl: 'https://api.mistral.ai/v1',
    auth: { kind: 'bearer' },
    env: ['MISTRAL_API_KEY'],
    quirks: [
      'max-tokens-name',
      'developer-is-system',
      'random-seed',
      'no-extra-fields',
      'call-ids-of-nine',
      'thinking-in-content',
      'document-url',
    ],
    takesReasoning: true,
    deviates: true,
    modelPrefixes: [
      'mistral-',
      'ministral-',
      'magistral-',
      'codestral-',
      'devstral-',
      'pixtral-',
      'voxtral-',
      'open-mi',
    ],
    cancelStopsBilling: false,
  },
  bedrock: {
    title: 'Amazon Bedrock',
    genAiName: 'aws.bedrock',
    dialects: ['bedrock-converse'],
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
    auth: { kind: 'sigv4', service: 'bedrock' },
    env: ['AWS_BEARER_TOKEN_BEDROCK'],
    signingEnv: {
      region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      accessKeyId: ['AWS_ACCESS_KEY_ID'],
      secretAccessKey: ['AWS_SECRET_ACCESS_KEY'],
      sessionToken: ['AWS_SESSION_TOKEN'],
    },
    modelPrefixes: ['amazon.', 'anthropic.', 'us.', 'eu.', 'apac.', 'global.', 'arn:aws:bedrock:'],
    cancelStopsBilling: false,
  },
  'openai-compatible': {
    title: 'Any OpenAI-compatible server',
    genAiName: 'openai-compatible',
    dialects: ['openai-chat'],
    embeddings: 'openai-embeddings',
    auth: { kind: 'bearer' },
    env: [],
    quirks: ['max-tokens-name', 'developer-is-system'],
    modelPrefixes: [],
    cancelStopsBilling: true,
  },
  sim: {
    title: 'Built-in simulator',
    genAiName: 'sim',
    dialects: ['openai-chat', 'openai-responses'],
    embeddings: 'openai-embeddings',
    auth: { kind: 'bearer' },
    env: [],
    modelPrefixes: [],
    cancelStopsBilling: true,
  },
} as const satisfies Record<string, ProviderSpec>

export type ProviderType = keyof typeof providerTable

/** The type that runs inside the gateway and is on when no other provider is. */
export const builtInProvider: ProviderType = 'sim'
