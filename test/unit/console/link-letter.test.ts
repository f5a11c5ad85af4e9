// The mail with a link: in both languages, with one place for the link, and a name that is nobody's to write lines with.
import { expect, it } from 'vitest'
import { linkLetter } from '../../../server/console/enrolment/letter.ts'

const until = new Date('2026-11-24T18:30:00Z')

it('says until when, how often, and what to do, with one place for the link', () => {
  for (const uses of [1, 2]) {
    const letter = linkLetter({ displayName: 'Ada' }, until, uses)
    for (const { subject, text } of [letter.fr, letter.en]) {
      expect(subject).not.toContain('{')
      expect(text.split('{link}')).toHaveLength(2)
      expect(text).toContain('Ada')
      expect(text).toContain('2026-11-24 18:30 UTC')
    }
    expect(letter.en.text).toContain(uses === 1 ? 'once' : '2 times')
  }
})

it('a name cannot add lines, turn the text around, or bring a link of its own', () => {
  const { en, fr } = linkLetter({ displayName: 'Eve\r\nBcc: x@y\u202e {link} https://evil.example' }, until, 1)
  for (const { text } of [en, fr]) {
    expect(text.split('\n')[0]).toMatch(/^(?:Hello|Bonjour) Eve Bcc: x@y /)
    expect(text).not.toMatch(/[\r\u202e]/)
    expect(text.split('{link}')).toHaveLength(2)
  }
})
