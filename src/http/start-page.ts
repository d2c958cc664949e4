/** The page at `/`: that the gateway runs, and how to send it a first request. */

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Weir</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 4rem auto; padding: 0 1.5rem; }
  h1 { font-weight: 600; letter-spacing: -0.02em; }
  pre { padding: 1rem; border: 1px solid #8884; border-radius: 8px; overflow-x: auto; font-size: 0.8125rem; line-height: 1.6; }
  code { font-family: ui-monospace, monospace; }
  a { color: inherit; }
</style>
<h1>Weir is running</h1>
<p>Point any OpenAI, Anthropic or Gemini SDK at this address. The first API key was printed when the gateway
started for the first time.</p>
<pre><code>curl $WEIR/v1/chat/completions \\
  -H "authorization: Bearer $WEIR_KEY" -H "content-type: application/json" \\
  -d '{"model": "sim/echo", "messages": [{"role": "user", "content": "Hello"}]}'</code></pre>
<p><a href="/health/ready">Readiness</a> · <a href="/metrics">Metrics</a> ·
<a href="/admin/v1/openapi.json">Admin API</a> · <a href="/admin/v1/requests">Requests</a></p>
</html>
`

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The page and the headers that keep it from loading or running anything. */
export function startPage(): { status: number; headers: Record<string, string>; body: string } {
  return { status: 200, headers, body: page }
}
