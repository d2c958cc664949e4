/** Renders docs/errors.md from the one table of errors. */

import type { ErrorRule } from '../../src/core/error.ts'

const retryMeaning: Readonly<Record<ErrorRule['retry'], string>> = {
  never: 'no attempt can help',
  after: 'the same request may succeed later: on this target after `retry-after`, on another at once',
  'if-unsent': 'Weir makes another attempt by itself while the client has seen no byte',
}

const blameMeaning: Readonly<Record<ErrorRule['blame'], string>> = {
  caller: 'the request, the key or the client',
  upstream: "the provider; the only blame that counts against a target's health",
  gateway: 'Weir or its configuration',
}

const legend = (meanings: Readonly<Record<string, string>>): string[] =>
  Object.entries(meanings).map(([word, meaning]) => `- \`${word}\`: ${meaning}.`)

/** The whole page: a sorted overview, then one section per code, so that `errors.md#code` is a stable address. */
export function renderErrors(table: Readonly<Record<string, ErrorRule>>): string {
  const rows = Object.entries(table).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  return [
    '# Errors',
    '',
    'Every failure has one code. It comes in the error format of the dialect the client speaks, with the request id',
    'in `x-weir-request-id`. The code is the same in the answer, in the records, in the metrics and in the log.',
    '',
    'Retry:',
    '',
    ...legend(retryMeaning),
    '',
    'Blame:',
    '',
    ...legend(blameMeaning),
    '',
    '| Code | Status | Retry | Blame |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ([code, rule]) => `| [\`${code}\`](#${code}) | ${rule.status} | ${rule.retry} | ${rule.blame} |`,
    ),
    '',
    ...rows.flatMap(([code, rule]) => [`## ${code}`, '', `${rule.meaning} **Mend:** ${rule.mend}`, '']),
  ].join('\n')
}
