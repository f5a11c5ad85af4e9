// Why a temporary pass is refused.
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'pass-refused':
    'Ce laissez-passer n’est pas valable : vérifiez le code. S’il a déjà servi ou s’il est expiré, demandez-en un autre à votre administrateur.',
  'pass-needs-a-client':
    'Un laissez-passer ouvre votre messagerie, pas votre compte. Ouvrez votre messagerie et connectez-vous depuis là.',
}

const en: Record<keyof typeof fr, string> = {
  'pass-refused':
    'This pass is not valid: check the code. If it was used already or has expired, ask your administrator for another.',
  'pass-needs-a-client':
    'A temporary pass opens your messenger, not your account. Open your messenger and sign in from there.',
}

addReasons({ fr, en })
