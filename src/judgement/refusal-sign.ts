/** The acts of speech by which a refusal, or an answer, is told. */

/**
 * What the sentences of an answer may do. Signs are general acts of speech, so that the weights learnt on English
 * answers hold for other models and, where a language has words for the act, for other languages.
 */
export const signNames = [
  'apology',
  'inability',
  'unwillingness',
  'no-access',
  'private',
  'no-opinion',
  'as-machine',
  'policy',
  'breach',
  'improper',
  'unlawful',
  'objection',
  'condemnation',
  'denial',
  'caution',
  'value',
  'redirection',
  'outside-help',
  'other-help',
  'contrast',
  'welcome',
  'delivery',
  'steps',
  'correction',
  'figures',
] as const

export type SignName = (typeof signNames)[number]

/** One language: alternatives of a regular expression, over lower-case text with straight quotes. */
export type Phrases = Partial<Record<SignName, readonly string[]>>
