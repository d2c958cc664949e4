/** Cuts text so that a byte-pair tokenizer stays linear on it. */

/** Byte-pair encoding is quadratic in the length of an unbroken run: 50,000 underscores take seconds. */
const maxRun = 256
const longRun = new RegExp(`\\S{${maxRun}}`, 'g')

/** The text with a break after each long unbroken run; a break costs at most one token of error. */
export function breakRuns(text: string): string {
  return text.replace(longRun, '$& ')
}
