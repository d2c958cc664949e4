/** What detectors find in a text: spans of a kind, and how a text reads with them replaced. */

export interface Finding {
  /** Such as `email`; of a list of the operator's own, its name. */
  readonly kind: string
  /** UTF-16 offsets, the end exclusive. */
  readonly start: number
  readonly end: number
  /** Where that begins which it is told by, where it stands before it. */
  readonly since?: number
  /** It was cut off at the end of the text: whatever follows belongs to it too, up to the end of this. */
  readonly until?: string
}

/** Finds every span of its kind, in time linear in the text's length. Pure. */
export interface Detector {
  readonly kind: string
  /** What begins at `from` or later; what stands before it decides with. Absent: anywhere. */
  find(text: string, from?: number): readonly Finding[]
}

/**
 * What all of them find, in order and without overlap: what overlaps is one finding, of the kind that begins first, then
 * of the longest. None of it is left out.
 */
export function findAll(text: string, detectors: readonly Detector[], from = 0): readonly Finding[] {
  return merged(detectors.flatMap((detector) => detector.find(text, from)))
}

/** In order and without overlap, as `findAll` gives them. */
export function merged<Found extends Finding>(findings: readonly Found[]): readonly Found[] {
  if (findings.length < 2) return findings
  const sorted = findings.toSorted((a, b) => a.start - b.start || b.end - a.end)
  const apart: Found[] = []
  for (const finding of sorted) {
    const last = apart.at(-1)
    if (last === undefined || finding.start >= last.end) apart.push(finding)
    else apart[apart.length - 1] = joined(last, finding)
  }
  return apart
}

/** One that overlaps another which begins first. */
function joined<Found extends Finding>(first: Found, { start, end, since = start, until }: Found): Found {
  return {
    ...first,
    end: Math.max(end, first.end),
    ...(since < (first.since ?? first.start) && { since }),
    ...(until !== undefined && first.until === undefined && { until }),
  }
}

/** The text with each finding replaced; `findings` as `findAll` gives them. */
export function replaceFindings<Found extends Finding>(
  text: string,
  findings: readonly Found[],
  replacement: (finding: Found, found: string) => string,
): string {
  if (findings.length === 0) return text
  let result = ''
  let at = 0
  for (const finding of findings) {
    const { start, end } = finding
    result += text.slice(at, start) + replacement(finding, text.slice(start, end))
    at = end
  }
  return result + text.slice(at)
}
