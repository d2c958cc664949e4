/** Renders docs/simulator.md from the simulator's tables of models and faults. */

import type { Fault } from '../../src/simulator/fault.ts'
import type { SimModel } from '../../src/simulator/models.ts'

const introduction = `# The provider simulator

It answers as providers do, in every dialect that Weir speaks to one: to try failover, limits and budgets without an account, and
to hold the ledger against what was really asked for.

- In the gateway: the provider of the type \`sim\`, which is on where no other provider is configured. Its models are
  \`sim/echo\`, \`sim/fault/http-503\` and so on.
- By itself: \`bin/weir simulate\`, on port 4010. Base URLs are \`/openai/v1\`, \`/anthropic/v1\`, \`/gemini/v1beta\`, \`/bedrock\`,
  \`/cohere\`, \`/ollama\`; any key is taken. To send a configured provider there, set its \`baseUrl\` and \`allowPrivateNetwork: true\`.

## Models

Any other name answers as \`echo\`, so that the names of real models work. Where a row names an argument, it may stand behind the
name and a hyphen: \`words-200\`, \`slow-50ms\`.
`

const betweenTables = `
## Faults

The model \`fault/NAME\`, or \`fault/NAME-ARGUMENT\`. With \`@3\` it strikes only the first three requests that name it so, with \`%30\`
three in ten; \`+\` joins faults, and a fault with a model: \`fault/http-503@1\`, \`fault/stall-after-5%10\`, \`fault/words-200+rst-after-3\`.
`

const ending = `
## Scenarios

A scenario changes what stands behind a name: \`bin/weir simulate --scenario scenario.yaml\`, or \`POST /scenario\` while it runs. The
first rule that matches, and is not used up, decides. A pattern may end in \`*\`.

\`\`\`yaml
rules:
  - { match: { provider: openai, model: "gpt-*" }, times: 3, respond: fault/http-429-s }
  - { match: { model: claude-sonnet-5 }, respond: words-50 }
\`\`\`

## Receipts

\`GET /receipts?since=N\` lists the calls that it received, each with a number, what it billed, and the faults that struck. The last
10,000 are kept. \`POST /reset\` forgets them, and begins counts and random numbers anew. \`--recorded FOLDER\` replays recorded
exchanges where a request matches.
`

/** The whole page. */
export function renderSimulator(
  models: ReadonlyMap<string, SimModel>,
  faults: ReadonlyMap<string, Fault>,
): string {
  return [introduction, table('Model', models), betweenTables, table('Fault', faults), ending].join('\n')
}

function table(
  title: string,
  rows: ReadonlyMap<string, { readonly means: string; readonly argument?: string }>,
): string {
  const lines = [...rows].map(
    ([name, { means, argument }]) => `| \`${name}\` | ${argument ?? ''} | ${means.replaceAll('|', '\\|')} |`,
  )
  return [`| ${title} | Argument | |`, '| --- | --- | --- |', ...lines].join('\n')
}
