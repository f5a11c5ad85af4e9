// What reading, incidents and privacy are refused with.
import { addReasons } from '../../shared/reasons.ts'

const fr = {
  'period-invalid':
    'Cette période ne convient pas : la fin doit suivre le début, et elle ne peut pas être plus longue que ce qui est indiqué.',
  'unknown-incident': 'Cet incident n’existe pas. Revenez à la liste.',
  'unknown-room':
    'Aucune ligne conservée ne nomme ce salon : elles ont été effacées avec le temps, ou le pseudonyme est incomplet.',
}

const en: Record<keyof typeof fr, string> = {
  'period-invalid': 'This period will not do: its end must come after its start, and it cannot be longer than is said.',
  'unknown-incident': 'There is no such incident. Go back to the list.',
  'unknown-room': 'No stored line names this room: they have been dropped with time, or the pseudonym is incomplete.',
}

addReasons({ fr, en })
