import type { Catalogue } from '../shared/locale.ts'

const fr = {
  title: 'Se connecter',
  heading: 'Connectez-vous avec votre clé',
  forClient: (client: string) => `Pour continuer vers ${client}`,
  forPalier: 'Pour ouvrir votre compte',
  lead: 'Branchez votre clé de sécurité, appuyez sur le bouton, puis touchez la clé.',
  tap: 'Utiliser ma clé',
  welcomeBack: (name: string) => `Vous êtes ${name}. Une nouvelle touche de votre clé est demandée pour cette action.`,
  byName: 'Ma clé ne me reconnaît pas',
  username: 'Votre identifiant',
  usernameHint: 'Celui qui figure dans votre adresse : pour @camille:exemple.fr, c’est « camille ».',
  usernameMissing: 'Tapez votre identifiant, puis appuyez à nouveau.',
  tryName: 'Si votre clé ne vous reconnaît pas, tapez votre identifiant ci-dessous et réessayez.',
  onlyThis: 'Votre touche servira à cela, et à rien d’autre',
  notYou: 'Si vous ne venez pas de le demander, fermez cette page : il ne se passera rien.',
  actions: {
    'delete-device': 'Retirer un appareil de votre compte',
    'delete-devices': 'Retirer des appareils de votre compte',
    'cross-signing-reset': 'Remplacer les clés qui prouvent votre identité aux autres',
    'add-contact': 'Ajouter une adresse à votre compte',
    'deactivate-account': 'Fermer définitivement votre compte',
    other: 'Confirmer une action sensible sur votre compte',
  },
  subject: (subject: string) => `Concerne : ${subject}`,
  device: (device: string) => `Demandé depuis : ${device}`,
  shared: 'Cet ordinateur est partagé',
  sharedHint: 'La connexion dure une heure au plus, et rien n’est gardé ici : fermez le navigateur en partant.',
  byPass: 'J’ai un laissez-passer temporaire',
  opening: 'C’est fait. Ouverture…',
  noKeys:
    'Ce navigateur ne sait pas parler à une clé de sécurité. Ouvrez ce lien dans un Firefox, Chrome, Edge ou Safari à jour.',
}

const en: typeof fr = {
  title: 'Sign in',
  heading: 'Sign in with your key',
  forClient: (client) => `To continue to ${client}`,
  forPalier: 'To open your account',
  lead: 'Plug in your security key, press the button, then touch the key.',
  tap: 'Use my key',
  welcomeBack: (name) => `You are ${name}. This needs a new touch of your key.`,
  byName: 'My key does not know me',
  username: 'Your username',
  usernameHint: 'The one in your address: for @camille:example.org it is “camille”.',
  usernameMissing: 'Type your username, then press again.',
  tryName: 'If your key does not know you, type your username below and try again.',
  onlyThis: 'Your touch will do this, and nothing else',
  notYou: 'If you did not just ask for it, close this page: nothing will happen.',
  actions: {
    'delete-device': 'Remove a device from your account',
    'delete-devices': 'Remove devices from your account',
    'cross-signing-reset': 'Replace the keys that prove to others who you are',
    'add-contact': 'Add an address to your account',
    'deactivate-account': 'Close your account for good',
    other: 'Confirm a sensitive action on your account',
  },
  subject: (subject) => `Concerns: ${subject}`,
  device: (device) => `Asked from: ${device}`,
  shared: 'This is a shared computer',
  sharedHint: 'The sign-in lasts an hour at most, and nothing is kept here: close the browser when you leave.',
  byPass: 'I have a temporary pass',
  opening: 'Done. Opening…',
  noKeys:
    'This browser cannot speak to a security key. Open this link in an up-to-date Firefox, Chrome, Edge or Safari.',
}

export const catalogue: Catalogue<typeof fr> = { fr, en }
