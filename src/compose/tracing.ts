/** Traces to the configured collector, through the egress guard. */

import { inspect } from 'node:util'
import type { Config } from '../config/load.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createTracing, type Tracing } from '../telemetry/tracing.ts'
import { policyFor } from '../upstream/egress.ts'
import { createPoster } from '../upstream/post.ts'
import type { Closers } from './closers.ts'
import { packageVersion } from './package-version.ts'

export interface TracingParts {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly closers: Closers
  readonly snapshot: () => Snapshot
}

/** Undefined where no collector is configured. */
export async function startTracing(parts: TracingParts): Promise<Tracing | undefined> {
  const { config, log, metrics, closers, snapshot } = parts
  const { telemetry } = config
  if (!telemetry.otlp) return undefined
  const { endpoint, headers = {}, allowPrivateNetwork } = telemetry.otlp
  const poster = createPoster(policyFor(endpoint, allowPrivateNetwork))
  closers.add(() => poster.close())
  const tracing = await createTracing({
    endpoint,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])),
    version: packageVersion(),
    send: (request) => poster.post(request),
    providerOf(name) {
      const provider = snapshot().table.providers.get(name)
      if (!provider) return undefined
      const { spec, baseUrl } = provider
      return { name: spec.genAiName, address: baseUrl.hostname, port: portOf(baseUrl) }
    },
    onDropped(spans, cause) {
      metrics.countDroppedSpans(spans)
      if (cause !== undefined) log.warn({ cause: inspect(cause), spans }, 'spans could not be exported')
    },
  })
  closers.add(() => tracing.close())
  return tracing
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
