/** The rules of the `guardrails` section as people are shown them. Pure. */

import type { Config } from '../config/load.ts'
import type { RuleView } from './admin.ts'

type Settings = Config['guardrails']

export function ruleViewsOf({ rules, routes }: Settings): RuleView[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    action: rule.action,
    on: rule.on,
    looks: looksOf(rule),
    routes: Object.entries(routes).flatMap(([glob, used]) => (used.includes(name) ? [glob] : [])),
  }))
}

/** Patterns and words are counted, not named: what must not be said may itself be a secret. */
function looksOf(rule: Settings['rules'][string]): string {
  const { detect, patterns, words, maxCharacters, moderation, topics } = rule
  if (detect) return `detects ${detect.join(', ')}`
  if (patterns) return counted(patterns.length, 'pattern')
  if (words) return counted(words.length, 'word or phrase', 'words and phrases')
  if (maxCharacters !== undefined) return `longer than ${maxCharacters} characters`
  if (moderation) return `asks ${moderation.model}`
  if (topics) return `asks ${topics.model} about ${counted(topics.forbidden.length, 'topic')}`
  return 'asks a service of yours'
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
