/** All generation dialects by id. */

import type { DialectId } from '../core/event.ts'
import { anthropicMessages } from './anthropic-messages/dialect.ts'
import { bedrockConverse } from './bedrock-converse/dialect.ts'
import { cohereChat } from './cohere-chat/dialect.ts'
import type { Dialect } from './dialect.ts'
import { gemini } from './gemini/dialect.ts'
import { ollamaChat } from './ollama-chat/dialect.ts'
import { openaiChat } from './openai-chat/dialect.ts'
import { openaiCompletions } from './openai-completions/dialect.ts'
import { openaiResponses } from './openai-responses/dialect.ts'

export const dialects: Readonly<Record<DialectId, Dialect>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'bedrock-converse': bedrockConverse,
  'cohere-chat': cohereChat,
  'ollama-chat': ollamaChat,
  'openai-completions': openaiCompletions,
}
