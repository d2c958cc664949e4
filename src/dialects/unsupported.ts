/** What a request may ask for that not every dialect has a member for, each by the name it is reported with. */

import type { GenRequest } from '../core/request.ts'

/** A value that asks for nothing is no loss. */
const asks = {
  tools: ({ tools = [] }) => tools.length > 0,
  response_format: ({ format }) => format !== undefined && format.type !== 'text',
  reasoning: ({ reasoning }) => reasoning !== undefined && reasoning.effort !== 'none',
  top_k: ({ topK }) => topK !== undefined,
  seed: ({ seed }) => seed !== undefined,
  n: ({ choices = 1 }) => choices > 1,
  logprobs: ({ topLogprobs }) => topLogprobs !== undefined,
  presence_penalty: ({ presencePenalty = 0 }) => presencePenalty !== 0,
  frequency_penalty: ({ frequencyPenalty = 0 }) => frequencyPenalty !== 0,
  logit_bias: ({ logitBias = {} }) => Object.keys(logitBias).length > 0,
  verbosity: ({ verbosity }) => verbosity !== undefined,
  modalities: ({ outputModalities = [] }) => outputModalities.some((each) => each.toLowerCase() !== 'text'),
  previous_response_id: ({ previousResponseId }) => previousResponseId !== undefined,
  parallel_tool_calls: ({ parallelToolCalls }) => parallelToolCalls === false,
  user: ({ user }) => user !== undefined,
  metadata: ({ metadata }) => metadata !== undefined,
  service_tier: ({ serviceTier = 'auto' }) => serviceTier !== 'auto' && serviceTier !== 'default',
  cache_control: ({ cache }) => cache !== undefined,
} satisfies Record<string, (request: GenRequest) => boolean>

/** Adds to `dropped` those of the names that the request asks for. */
export function reportAsked(
  request: GenRequest,
  names: readonly (keyof typeof asks)[],
  dropped: Set<string>,
): void {
  for (const name of names) if (asks[name](request)) dropped.add(name)
}
