/** The named habits by which providers differ from the dialect that they speak, each with its reason. */

import type { Patch } from '../dialects/dialect.ts'
import { thinkingToggle, withReasoningBesideCalls } from './quirks/deepseek.ts'
import {
  documentUrls,
  seedByOtherName,
  shortCallIds,
  thinkingInContent,
  withoutForbidden,
} from './quirks/mistral.ts'
import { enableThinking } from './quirks/qwen.ts'
import { developerAsSystem, maxTokensByOtherName, schemaInPrompt } from './quirks/request.ts'
import { usageFromXGroq } from './quirks/usage.ts'

export interface Quirk {
  readonly why: string
  /** A recorded exchange that shows it, or the address of the document or report that tells it. */
  readonly evidence: string
  /** Mends the request's body before it is sent. */
  readonly request?: Patch
  /** Mends a whole answer before it is read. */
  readonly response?: Patch
  /** Mends a stream's chunk before it is read. */
  readonly event?: Patch
}

export const quirks = {
  'max-tokens-name': {
    why: 'Knows the output limit only by its older name, and refuses or ignores `max_completion_tokens`.',
    evidence: 'https://github.com/editor-code-assistant/eca/issues/231',
    request: maxTokensByOtherName,
  },
  'developer-is-system': {
    why: 'Has no role `developer`.',
    evidence: 'https://api-docs.deepseek.com/api/create-chat-completion',
    request: developerAsSystem,
  },
  'schema-in-prompt': {
    why: 'Has JSON mode but no schemas: the schema goes into the prompt, which must speak of JSON anyway.',
    evidence: 'https://api-docs.deepseek.com/guides/json_mode',
    request: schemaInPrompt,
  },
  'thinking-toggle': {
    why: 'Thinking is switched by `thinking`; `reasoning_effort` only says how much, and knows no `none`.',
    evidence: 'https://api-docs.deepseek.com/guides/thinking_mode',
    request: thinkingToggle,
  },
  'reasoning-beside-calls': {
    why: 'While thinking, refuses a history whose tool calls have no reasoning beside them.',
    evidence: 'https://api-docs.deepseek.com/guides/thinking_mode',
    request: withReasoningBesideCalls,
  },
  'enable-thinking': {
    why: 'Thinking is switched by `enable_thinking`, bounded by `thinking_budget`, and forbids to force a tool.',
    evidence: 'https://github.com/QwenLM/qwen-code/issues/7659',
    request: enableThinking,
  },
  'random-seed': {
    why: 'Calls the seed `random_seed`.',
    evidence: 'https://docs.mistral.ai/api/endpoint/chat',
    request: seedByOtherName,
  },
  'no-extra-fields': {
    why: 'Refuses members that it does not know; those that change nothing in the answer are left out.',
    evidence: 'https://github.com/mistralai/platform-docs-public/issues/7',
    request: withoutForbidden,
  },
  'call-ids-of-nine': {
    why: 'Takes only tool call ids of nine letters and digits.',
    evidence:
      'mistral/mistral-chat/chat_function_calling_mistral_mistral-small-latest_can_use_tools_with_multi-turn_streaming.6bde83.1.json',
    request: shortCallIds,
  },
  'thinking-in-content': {
    why: 'Has reasoning as parts of the content, and refuses `reasoning_content`.',
    evidence: 'mistral/mistral-chat/test_mistral_model_thinking_part_iter.61e98c.0.json',
    request: thinkingInContent,
  },
  'document-url': {
    why: 'Has `document_url` in place of `file`.',
    evidence:
      'mistral/mistral-chat/chat_document_models_mistral_mistral-small-latest_understands_docx_documents.13de66.0.json',
    request: documentUrls,
  },
  'usage-in-x-groq': {
    why: 'A stream tells its usage in `x_groq` of the last chunk.',
    evidence: 'groq/openai-chat/test_groq_model_web_search_tool_stream.32b8d9.0.json',
    event: usageFromXGroq,
  },
} as const satisfies Record<string, Quirk>

export type QuirkName = keyof typeof quirks
