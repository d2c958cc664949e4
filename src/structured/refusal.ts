/** Tells an answer in which a model declines in plain words from one that is merely not JSON. */

const opening =
  /^\W{0,4}(?:i['’]?m (?:very |really |so )?sorry|sorry,|i apologi[sz]e|unfortunately,? i|(?:as an ai[^.]{0,60}, )?i (?:can(?:['’]?t|not)|am (?:not able|unable)|won['’]?t|must decline|do not feel comfortable)|es tut mir leid|lo siento|je suis désolé|je ne peux pas)/i

const maxLength = 1_200

/** Short, with no JSON in it, and opening as refusals do: asking once more in the same words would not help. */
export function isRefusal(text: string): boolean {
  const trimmed = text.trim()
  return trimmed.length <= maxLength && !/[{[]/.test(trimmed) && opening.test(trimmed)
}
