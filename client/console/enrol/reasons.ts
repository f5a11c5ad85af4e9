// What the pages that get people in are refused with.
import { addReasons } from '../../shared/reasons.ts'

const fr = {
  'person-unavailable': 'Cette personne est suspendue ou supprimée. Rétablissez-la d’abord.',
  'tap-needed': 'Un jeton d’API ne suffit pas : connectez-vous avec votre clé de sécurité.',
  'no-mail-server': 'Aucun serveur de messagerie n’est configuré. Montrez ou imprimez le lien.',
  'no-address': 'Aucune adresse électronique n’est connue pour cette personne. Ajoutez-en une, ou montrez le lien.',
  'too-many-mails': 'Trop de courriels à cette adresse en peu de temps. Attendez une heure, ou montrez le lien.',
  'too-many-links':
    'Vingt liens de cette personne sont déjà ouverts. Annulez ceux qui ne servent plus, ou attendez leur fin.',
  'not-awaited': 'Cette clé n’est plus attendue : elle est arrivée, ou quelqu’un l’a retirée.',
  'which-key': 'Donnez soit un numéro de série, soit un modèle et un lot.',
  'bad-serial': 'Ce numéro de série ne convient pas : des chiffres et des lettres, tels qu’imprimés sur la clé.',
  'bad-model': 'Ce modèle ne convient pas : un AAGUID s’écrit xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.',
  'bad-batch': 'Cette empreinte de lot ne convient pas : 64 chiffres hexadécimaux (SHA-256 du certificat).',
  'too-many-lines': 'C’est trop de lignes en une fois : 5 000 au plus.',
  'bad-csv': 'Ce texte n’est pas une liste « identifiant;numéro de série », une personne par ligne.',
  'unknown-key': 'Cette clé n’existe pas, ou elle a déjà été révoquée.',
  'unknown-pass': 'Ce laissez-passer n’existe pas, ou il est déjà terminé.',
}

const en: Record<keyof typeof fr, string> = {
  'person-unavailable': 'This person is suspended or deleted. Resume them first.',
  'tap-needed': 'An API token is not enough: sign in with your security key.',
  'no-mail-server': 'No mail server is configured. Show or print the link.',
  'no-address': 'No mail address of this person is known. Add one, or show the link.',
  'too-many-mails': 'Too many mails to this address in a short time. Wait an hour, or show the link.',
  'too-many-links':
    'Twenty links of this person are open already. Withdraw those of no more use, or wait until they end.',
  'not-awaited': 'This key is no longer awaited: it came, or somebody withdrew it.',
  'which-key': 'Give either a serial number, or a model and a batch.',
  'bad-serial': 'This serial number will not do: digits and letters, as printed on the key.',
  'bad-model': 'This model will not do: an AAGUID is written xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.',
  'bad-batch': 'This batch fingerprint will not do: 64 hexadecimal digits (SHA-256 of the certificate).',
  'too-many-lines': 'That is too many lines at once: 5,000 at most.',
  'bad-csv': 'This text is no list of “username;serial number”, a person a line.',
  'unknown-key': 'There is no such key, or it was revoked already.',
  'unknown-pass': 'There is no such pass, or it is over already.',
}

addReasons({ fr, en }, { 'ticket-unknown': 'not-awaited' })
