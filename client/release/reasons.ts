// Why a release was refused: words that only its page needs.
import type { Catalogue } from '../shared/locale.ts'
import '../shared/decision-reasons.ts'
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'unknown-receipt': 'Ce reçu n’existe pas. Rechargez la page.',
  'owners-only': 'Cette page est réservée aux administrateurs. Votre compte n’en fait pas partie.',
  'same-person':
    'Vous avez déjà touché votre clé pour cette demande. Il faut un autre administrateur : une autre de vos clés ne suffit pas.',
  'subject-person': 'Cette demande vous permettrait de lire : deux autres administrateurs doivent en décider.',
  'intent-changed':
    'Ce qui est demandé n’est plus ce que vous voyez, ou ce que le premier administrateur a signé. N’autorisez pas : prévenez-le.',
  'first-tap-void':
    'L’administrateur qui a touché sa clé le premier a été suspendu, ou sa clé retirée. Retirez cette demande et refaites-la.',
  'key-given-by-the-other':
    'L’un de vous deux a remis à l’autre, il y a moins d’un jour, le lien qui a servi à enregistrer cette clé : une même personne pourrait détenir les deux. Attendez un jour, ou demandez à un autre administrateur.',
  'release-expired': 'Cette demande a expiré avant le second appui. Refaites-la.',
  'unknown-release': 'Ce lien ne correspond à aucune demande. Ouvrez à nouveau celui que vous avez reçu, en entier.',
  'unknown-person': 'Personne n’a cet identifiant, ou le compte est suspendu. Vérifiez-le, puis réessayez.',
  'too-many-releases':
    'Vingt de vos demandes attendent déjà. Retirez celles dont personne n’a besoin, ou attendez qu’elles soient décidées.',
  'bad-reason': 'Écrivez pourquoi, en quelques mots.',
  'bad-form': 'Il manque quelque chose, ou un champ ne convient pas. Vérifiez les dates, les salons et les nombres.',
}

const en: typeof fr = {
  'unknown-receipt': 'There is no such receipt. Reload the page.',
  'owners-only': 'This page is for administrators. Your account is not one.',
  'same-person':
    'You have touched your key for this request already. Another administrator is needed: no other key of yours will do.',
  'subject-person': 'This request would give you something to read: two other administrators must decide.',
  'intent-changed':
    'What is asked is no longer what you see, or what the first administrator signed. Do not approve: tell them.',
  'first-tap-void':
    'The administrator who touched their key first was suspended, or their key removed. Withdraw this request and make it again.',
  'key-given-by-the-other':
    'One of you two gave the other the link for this key less than a day ago: one person could hold both. Wait a day, or ask another administrator.',
  'release-expired': 'This request expired before the second tap. Make it again.',
  'unknown-release': 'This link matches no request. Open the one you were given again, all of it.',
  'unknown-person': 'Nobody has this username, or the account is suspended. Check it, then try again.',
  'too-many-releases':
    'Twenty releases that you asked for are waiting already. Withdraw those that nobody needs, or wait until they are decided.',
  'bad-reason': 'Write why, in a few words.',
  'bad-form': 'Something is missing, or a field will not do. Check the dates, the rooms and the numbers.',
}

const words: Catalogue<typeof fr> = { fr, en }

addReasons(words)
