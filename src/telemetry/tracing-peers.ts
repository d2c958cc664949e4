/** The packages of OpenTelemetry that tracing needs: optional peers, imported only when tracing is configured. */

import type * as Api from '@opentelemetry/api'
import type * as Otlp from '@opentelemetry/otlp-transformer'
import type * as Resources from '@opentelemetry/resources'
import type * as Sdk from '@opentelemetry/sdk-trace-base'

const peers = [
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/otlp-transformer',
] as const

export interface TracingPeers {
  readonly api: typeof Api
  readonly resources: typeof Resources
  readonly sdk: typeof Sdk
  readonly otlp: typeof Otlp
}

/** Imports them. Throws an Error that names the command to run when one is not installed. */
export async function loadTracingPeers(): Promise<TracingPeers> {
  try {
    const [api, resources, sdk, otlp] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/otlp-transformer'),
    ])
    return { api, resources, sdk, otlp }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new Error(
      `telemetry.otlp: the packages of OpenTelemetry are not installed\n  Run \`npm install ${peers.join(' ')}\`, or remove \`telemetry.otlp\`.`,
      { cause },
    )
  }
}
