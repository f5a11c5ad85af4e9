// Why a key could not be enrolled: words that only the enrolment page needs.
import type { Catalogue } from '../shared/locale.ts'
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'too-late': 'Trop de temps a passé. Rechargez la page et recommencez.',
  'key-already-enrolled': 'Cette clé est déjà enregistrée. Branchez l’autre clé, puis réessayez.',
  'key-not-expected':
    'Ce n’est pas la clé qui vous a été envoyée. Branchez celle-là, ou prévenez votre administrateur si vous ne l’avez pas reçue.',
  'proof-needed': 'Identifiez-vous d’abord : rechargez la page.',
  'proof-unreachable':
    'Le service qui doit confirmer votre identité ne répond pas. Réessayez dans un instant ; si cela continue, prévenez votre administrateur.',
  'proof-refused': 'Votre identité n’a pas été confirmée. Réessayez, ou prévenez votre administrateur.',
  'proof-other-person':
    'Votre identité est confirmée, mais ce lien est destiné à quelqu’un d’autre. Signalez à votre administrateur que vous l’avez reçu.',
  'proof-email-unverified':
    'Le service qui confirme votre identité ne garantit pas votre adresse de courriel : ce lien ne peut pas servir. Prévenez votre administrateur.',
  'proof-gone':
    'Trop de temps a passé, ou cette page a été ouverte ailleurs. Ouvrez à nouveau le lien que vous avez reçu.',
  'other-browser':
    'Ce lien ne sert que sur l’ordinateur de l’administrateur qui l’a ouvert. Demandez-en un à votre nom.',
  'ticket-unknown': 'Ce lien est inconnu. Ouvrez à nouveau celui que vous avez reçu, en entier.',
  'ticket-expired': 'Ce lien a expiré. Demandez-en un nouveau à votre administrateur.',
  'link-not-by-owner':
    'Vous avez reçu un rôle d’administration depuis que ce lien a été créé. Demandez-en un nouveau à un propriétaire.',
  'ticket-used':
    'Ce lien a déjà servi : une clé a été enregistrée avec lui. Si c’est vous, connectez-vous avec cette clé. Sinon, prévenez votre administrateur tout de suite et demandez-lui un nouveau lien.',
  'setup-closed':
    'Ce lien a déjà servi : la mise en service est faite, et un propriétaire a sa clé. Si c’est vous, connectez-vous avec elle ; sinon, demandez un lien à votre administrateur.',
  'username-taken': 'Cet identifiant est déjà pris. Choisissez-en un autre.',
  'username-invalid':
    'Cet identifiant ne convient pas. Utilisez des lettres minuscules sans accent, des chiffres, un point ou un tiret.',
  'display-name-invalid': 'Ce nom ne convient pas. Utilisez de 1 à 100 caractères ordinaires.',
  'key-name-invalid': 'Ce nom de clé ne convient pas. Utilisez de 1 à 60 caractères ordinaires.',
  'key-model':
    'Ce modèle de clé n’est pas accepté par votre organisation. Demandez à votre administrateur lesquels le sont.',
  'key-synced':
    'Cette passkey peut être copiée d’un appareil à l’autre : elle n’est pas acceptée. Utilisez une clé de sécurité matérielle.',
  'key-built-in':
    'Une clé intégrée à l’ordinateur ou au téléphone n’est pas acceptée ici. Utilisez une clé de sécurité à brancher ou à approcher.',
  'key-no-pin': 'La clé n’a pas vérifié que c’était vous. Réglez-lui un code PIN, puis réessayez.',
}

const en: typeof fr = {
  'too-late': 'Too much time has passed. Reload the page and start again.',
  'key-already-enrolled': 'This key is enrolled already. Plug in the other key, then try again.',
  'key-not-expected':
    'This is not the key that was sent to you. Plug that one in, or tell your administrator if it has not reached you.',
  'proof-needed': 'Say who you are first: reload the page.',
  'proof-unreachable':
    'The service that confirms who you are does not answer. Try again in a moment; if it goes on, tell your administrator.',
  'proof-refused': 'Who you are was not confirmed. Try again, or tell your administrator.',
  'proof-other-person':
    'You said who you are, and this link is for somebody else. Tell your administrator that it reached you.',
  'proof-email-unverified':
    'The service that confirms who you are does not vouch for your mail address, so this link cannot be used. Tell your administrator.',
  'proof-gone': 'Too much time has passed, or this page was opened elsewhere. Open the link you were given again.',
  'other-browser': 'This link only works on the computer of the administrator who opened it. Ask for one of your own.',
  'ticket-unknown': 'This link is not known. Open the one you were given again, all of it.',
  'ticket-expired': 'This link has expired. Ask your administrator for a new one.',
  'link-not-by-owner': 'You have been given a role since this link was made. Ask an owner for a new one.',
  'ticket-used':
    'This link was used already: a key was enrolled with it. If that was you, sign in with that key. If not, tell your administrator at once and ask for a new link.',
  'setup-closed':
    'This link was used already: the set-up is done, and an owner has a key. If that is you, sign in with it; if not, ask your administrator for a link.',
  'username-taken': 'This username is taken. Choose another.',
  'username-invalid': 'This username will not do. Use lower-case letters without accents, digits, a dot or a hyphen.',
  'display-name-invalid': 'This name will not do. Use 1 to 100 ordinary characters.',
  'key-name-invalid': 'This name of a key will not do. Use 1 to 60 ordinary characters.',
  'key-model': 'Your organisation does not accept this model of key. Ask your administrator which ones it does.',
  'key-synced':
    'This passkey can be copied from one device to another, so it is not accepted. Use a hardware security key.',
  'key-built-in':
    'A key built into the computer or the phone is not accepted here. Use a security key that you plug in or hold to it.',
  'key-no-pin': 'The key did not check that it was you. Set a PIN on it, then try again.',
}

const words: Catalogue<typeof fr> = { fr, en }

const same: Readonly<Record<string, keyof typeof fr | 'key-failed' | 'key-wrong-address'>> = {
  origin: 'key-wrong-address',
  'cross-origin': 'key-wrong-address',
  'rp-id': 'key-wrong-address',
  'unknown-ceremony': 'too-late',
  challenge: 'too-late',
  malformed: 'key-failed',
  type: 'key-failed',
  'user-verification': 'key-no-pin',
  'user-presence': 'key-no-pin',
  'backup-eligible': 'key-synced',
  'backup-state': 'key-synced',
  'already-enrolled': 'key-already-enrolled',
  'credential-exists': 'key-already-enrolled',
  attestation: 'key-model',
  'format-unsupported': 'key-model',
  'format-not-packed': 'key-model',
  'not-certified': 'key-model',
  'model-unknown': 'key-model',
  'model-not-allowed': 'key-model',
  'model-not-listed': 'key-model',
  'platform-not-allowed': 'key-built-in',
  'chain-broken': 'key-model',
  'certificate-aaguid-missing': 'key-model',
  'certificate-aaguid-differs': 'key-model',
  'key-protection': 'key-model',
  'certification-level': 'key-model',
  'status-revoked': 'key-model',
  'status-retired': 'key-model',
  'status-compromised': 'key-model',
}

addReasons(words, same)
